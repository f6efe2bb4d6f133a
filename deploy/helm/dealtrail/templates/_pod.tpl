{{/* What every pod of the release has in common. */}}

{{- define "dealtrail.podSecurity" -}}
automountServiceAccountToken: false
enableServiceLinks: false
securityContext:
  runAsNonRoot: true
  runAsUser: 65532
  runAsGroup: 65532
  fsGroup: 65532
  seccompProfile: {type: RuntimeDefault}
{{- with .Values.image.pullSecrets }}
imagePullSecrets: {{ toYaml . | nindent 2 }}
{{- end }}
{{- end }}

{{- define "dealtrail.containerSecurity" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities: {drop: [ALL]}
{{- end }}

{{- define "dealtrail.container" -}}
image: {{ include "dealtrail.image" . }}
imagePullPolicy: {{ .Values.image.pullPolicy }}
securityContext: {{- include "dealtrail.containerSecurity" . | nindent 2 }}
{{- end }}

{{/* Migrating one database, as the role that owns it. Call with (list $ name service). */}}
{{- define "dealtrail.migrate" -}}
{{- $root := index . 0 }}{{ $name := index . 1 }}{{ $service := index . 2 -}}
- name: migrate-{{ $name }}
  {{- include "dealtrail.container" $root | nindent 2 }}
  command: [python, -m, services.kit.migrations, {{ $name }}, up]
  env:
    - {name: DEALTRAIL_MIGRATION_URL, valueFrom: {secretKeyRef: {name: {{ $service.ownerSecret }}, key: uri}}}
  {{- include "dealtrail.onceResources" $root | nindent 2 }}
{{- end }}

{{/* What a program gets that runs once and ends. */}}
{{- define "dealtrail.onceResources" -}}
resources:
  requests: {cpu: 50m, memory: 128Mi}
  limits: {cpu: "1", memory: 256Mi}
{{- end }}
