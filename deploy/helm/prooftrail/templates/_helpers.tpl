{{/* Labels of one service: list $ name */}}
{{- define "prooftrail.selector" -}}
app.kubernetes.io/name: prooftrail
app.kubernetes.io/instance: {{ (index . 0).Release.Name }}
app.kubernetes.io/component: {{ index . 1 }}
{{- end }}

{{- define "prooftrail.labels" -}}
{{ include "prooftrail.selector" . }}
app.kubernetes.io/version: {{ (index . 0).Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ (index . 0).Release.Service }}
helm.sh/chart: {{ printf "%s-%s" (index . 0).Chart.Name (index . 0).Chart.Version }}
{{- end }}

{{- define "prooftrail.image" -}}
{{- $own := index (index . 0).Values.overrides (index . 1) | default dict }}
{{- $of := ternary "all" (index . 1) (hasKey (index . 0).Values.groups (index . 1)) }}
{{- with (index . 0).Values.image }}{{ .repository }}-{{ $of }}:{{ $own.tag | default .tag | default (index $ 0).Chart.AppVersion }}{{ end }}
{{- end }}

{{/* A process that is nobody, writes nowhere and may do nothing else. */}}
{{- define "prooftrail.podSecurity" -}}
runAsNonRoot: true
runAsUser: 1000
runAsGroup: 1000
fsGroup: 1000
seccompProfile:
  type: RuntimeDefault
{{- end }}

{{- define "prooftrail.containerSecurity" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities:
  drop: [ALL]
{{- end }}

{{/* Where the servers are and how they are spoken to. */}}
{{- define "prooftrail.servers" -}}
- name: HOST
  value: "0.0.0.0"
- name: KAFKA_BROKERS
  value: {{ required "kafka.brokers: host:port,host:port" .Values.kafka.brokers | quote }}
- name: KAFKA_SSL
  value: {{ .Values.kafka.tls | quote }}
{{- if .Values.kafka.privateAuthority }}
- name: KAFKA_SSL_CA_FILE
  value: /run/secrets/kafka-ca.pem
{{- end }}
- name: KAFKA_SASL_MECHANISM
  value: {{ .Values.kafka.mechanism | quote }}
- name: SCHEMA_REGISTRY_URL
  value: {{ required "registry.url: root of the registry's Confluent API" .Values.registry.url | quote }}
- name: MONGODB_URL
  value: {{ required "mongodb.url: mongodb://… of a replica set" .Values.mongodb.url | quote }}
{{- end }}

{{/* What runs as a Deployment, by name: services that share a process (`groups`), and every other by itself. */}}
{{- define "prooftrail.units" -}}
{{- $root := . }}{{- $grouped := dict }}
{{- $on := dict }}
{{- range $name, $_ := .Values.services }}
{{- $own := index $root.Values.overrides $name | default dict }}
{{- if ne (toString $own.enabled) "false" }}{{ $_ := set $on $name true }}{{ end }}
{{- end }}
{{- range $group, $names := .Values.groups }}
{{- if hasKey $root.Values.services $group }}{{ fail (printf "groups.%s: a service is called so" $group) }}{{ end }}
{{- $members := list }}
{{- range $names }}
{{- if not (hasKey $root.Values.services .) }}{{ fail (printf "groups.%s: there is no service %s" $group .) }}{{ end }}
{{- if hasKey $grouped . }}{{ fail (printf "groups.%s: %s is in another group" $group .) }}{{ end }}
{{- $_ := set $grouped . $group }}
{{- if hasKey $on . }}{{ $members = append $members . }}{{ end }}
{{- end }}
{{ $group }}: {{ toJson $members }}
{{- end }}
{{- range $name, $_ := $on }}
{{- if not (hasKey $grouped $name) }}
{{ $name }}: {{ toJson (list $name) }}
{{- end }}
{{- end }}
{{- end }}

{{/* What one service is told, by variable: list $ name */}}
{{- define "prooftrail.settings" -}}
{{- $root := index . 0 }}{{- $name := index . 1 }}{{- $service := index $root.Values.services $name }}
{{- $own := index $root.Values.overrides $name | default dict }}
{{- $told := dict "PUBLIC_URL" $root.Values.publicUrl "LOG_ORIGIN" $root.Values.logOrigin }}
{{- $env := merge (dict "PORT" $service.port) ($own.env | default dict) $root.Values.env $service.env }}
{{- if and $root.Values.mongodb.database (hasKey $env "MONGODB_DATABASE") }}
{{- $_ := set $env "MONGODB_DATABASE" $root.Values.mongodb.database }}
{{- end }}
{{- range $key := $service.told | default list }}
{{- $_ := set $env $key (required (printf "%s says it" $key) (index $told $key)) }}
{{- end }}
{{- range $key, $value := $env }}
{{ $key }}: {{ tpl (toString $value) $root | quote }}
{{- end }}
{{- end }}

{{/* The files of one process, each from where it is; a password of Strimzi's from its user's secret: list $ names */}}
{{- define "prooftrail.files" -}}
{{- $root := index . 0 }}{{- $names := index . 1 }}
{{- $files := list }}
{{- range $names }}{{ $files = concat $files (index $root.Values.services .).files }}{{ end }}
projected:
  defaultMode: 0440
  sources:
    - secret:
        name: {{ $root.Values.secrets.keys }}
        items:
          {{- range uniq $files }}
          {{- if not (and $root.Values.kafka.strimzi.enabled (hasPrefix "kafka-" .)) }}
          - { key: {{ . }}, path: {{ . }} }
          {{- end }}
          {{- end }}
          {{- if $root.Values.kafka.privateAuthority }}
          - { key: kafka-ca.pem, path: kafka-ca.pem }
          {{- end }}
    {{- if $root.Values.kafka.strimzi.enabled }}
    {{- range $names }}
    {{- with (index $root.Values.services .).env }}
    - secret:
        name: {{ .KAFKA_SASL_USERNAME }}
        items:
          - { key: password, path: {{ base .KAFKA_SASL_PASSWORD_FILE }} }
    {{- end }}
    {{- end }}
    {{- end }}
{{- end }}
