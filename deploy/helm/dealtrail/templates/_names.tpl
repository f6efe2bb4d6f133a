{{/* Names and labels that several objects share. */}}

{{- define "dealtrail.fullname" -}}
{{- if contains .Chart.Name .Release.Name }}{{ .Release.Name | trunc 40 | trimSuffix "-" }}
{{- else }}{{ printf "%s-%s" .Release.Name .Chart.Name | trunc 40 | trimSuffix "-" }}{{ end }}
{{- end }}

{{/* The values of one service: the defaults with its own over them. Call with (list $ name). */}}
{{- define "dealtrail.service" -}}
{{- $root := index . 0 }}
{{- mustMergeOverwrite (deepCopy $root.Values.defaults) (deepCopy (get $root.Values.services (index . 1))) | toYaml }}
{{- end }}

{{- define "dealtrail.selector" -}}
{{- $root := index . 0 -}}
app.kubernetes.io/name: dealtrail
app.kubernetes.io/instance: {{ $root.Release.Name }}
app.kubernetes.io/component: {{ index . 1 }}
{{- end }}

{{- define "dealtrail.labels" -}}
{{- $root := index . 0 -}}
{{ include "dealtrail.selector" . }}
app.kubernetes.io/part-of: dealtrail
app.kubernetes.io/version: {{ $root.Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ $root.Release.Service }}
helm.sh/chart: {{ printf "%s-%s" $root.Chart.Name $root.Chart.Version | replace "+" "_" }}
{{- end }}

{{- define "dealtrail.image" -}}
{{- with .Values.image -}}
{{ .repository }}{{ if .digest }}@{{ .digest }}{{ else }}:{{ .tag | default $.Chart.AppVersion }}{{ end }}
{{- end }}
{{- end }}

{{/* Which service of the chart answers for a name that is called: identity lives in the gateway. */}}
{{- define "dealtrail.answers" -}}
{{- eq . "identity" | ternary "gateway" . }}
{{- end }}

{{/* The durable consumers of a service on each stream that it reads. Call with (list name partitions). */}}
{{- define "dealtrail.durables" -}}
{{- $name := index . 0 }}{{ $number := index . 1 | int }}
{{- range $index := until $number }}
- {{ eq $number 1 | ternary $name (printf "%s_%d_%d" $name $number $index) }}
{{- end }}
{{- end }}
