{{/* What a service is told: settings in its environment, secrets in files. Call with (list $ name service). */}}

{{- define "dealtrail.environment" -}}
{{- $root := index . 0 }}{{ $name := index . 1 }}{{ $service := index . 2 -}}
{{- $peers := list }}
{{- range $service.calls }}
{{- $peers = append $peers (printf "%s=%s-%s-headless:50051" . (include "dealtrail.fullname" $root) (include "dealtrail.answers" .)) }}
{{- end -}}
DEALTRAIL_DATABASE_URL_FILE: /etc/dealtrail/database-url
DEALTRAIL_RELAY_DATABASE_URL_FILE: /etc/dealtrail/relay-database-url
DEALTRAIL_NATS_URL_FILE: /etc/dealtrail/nats-url
DEALTRAIL_INTERNAL_KEYS: /etc/dealtrail/internal.jwks
DEALTRAIL_TOKEN_SECRET: /etc/dealtrail/page-tokens
DEALTRAIL_MASTER_KEYS: /etc/dealtrail/master.jwks
DEALTRAIL_LISTEN: 0.0.0.0:50051
DEALTRAIL_METRICS_PORT: "9090"
DEALTRAIL_PEERS: {{ join "," $peers | quote }}
DEALTRAIL_POOL_SIZE: {{ $service.poolSize | quote }}
DEALTRAIL_CONSUMER_PARTITIONS: {{ $service.partitions | quote }}
DEALTRAIL_TRACE_RATIO: {{ $root.Values.config.traceRatio | quote }}
DEALTRAIL_TRACE_LIMIT: {{ $root.Values.config.traceLimit | quote }}
DEALTRAIL_STREAM_REPLICAS: {{ $root.Values.config.streamReplicas | quote }}
DEALTRAIL_LOG_LEVEL: {{ $root.Values.config.logLevel }}
{{- with $root.Values.config.otlpEndpoint }}
OTEL_EXPORTER_OTLP_ENDPOINT: {{ . }}
{{- end }}
{{- if eq $name "gateway" }}
DEALTRAIL_GATEWAY_HOST: 0.0.0.0
DEALTRAIL_GATEWAY_PORT: "8080"
DEALTRAIL_CALLER_RATE: {{ $root.Values.gateway.callerRate | quote }}
DEALTRAIL_CALLER_BURST: {{ $root.Values.gateway.callerBurst | quote }}
DEALTRAIL_FAILURE_RATE: {{ $root.Values.gateway.failureRate | quote }}
DEALTRAIL_FAILURE_BURST: {{ $root.Values.gateway.failureBurst | quote }}
DEALTRAIL_TRUSTED_PROXIES: {{ join "," $root.Values.gateway.trustedProxies | quote }}
DEALTRAIL_OIDC_ISSUERS: {{ $root.Values.gateway.oidcIssuers | toJson | quote }}
{{- with $root.Values.gateway.partnersNatsUrl }}
DEALTRAIL_PARTNERS_NATS_URL: {{ . | quote }}
{{- end }}
{{- end }}
{{- range $key, $value := $service.env }}
{{ $key }}: {{ $value | quote }}
{{- end }}
{{- end }}

{{/* The files of a service: only the gateway gets the private halves of the keys. */}}
{{- define "dealtrail.files" -}}
{{- $root := index . 0 }}{{ $name := index . 1 }}{{ $service := index . 2 -}}
- secret:
    name: {{ $service.secret }}
    items:
      - {key: database-url, path: database-url}
      - {key: relay-database-url, path: relay-database-url}
      - {key: nats-url, path: nats-url}
- secret:
    name: {{ $root.Values.keysSecret }}
    items:
      - {key: {{ eq $name "gateway" | ternary "internal.private.jwks" "internal.public.jwks" }}, path: internal.jwks}
      - {key: page-tokens, path: page-tokens}
      - {key: master.jwks, path: master.jwks}
{{- end }}
