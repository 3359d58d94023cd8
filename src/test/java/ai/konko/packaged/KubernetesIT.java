package ai.konko.packaged;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.MappingIterator;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import io.quarkus.runtime.configuration.DurationConverter;
import java.io.IOException;
import java.io.Reader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Properties;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** What the build makes for Kubernetes. */
class KubernetesIT {
    private static final String SHUTDOWN_GRACE = "30s"; // the default of konko.shutdown-grace

    private static List<JsonNode> resources;

    @BeforeAll
    static void read() throws IOException {
        try (MappingIterator<JsonNode> documents =
                new ObjectMapper(new YAMLFactory())
                        .readerFor(JsonNode.class)
                        .readValues(Path.of("target/kubernetes/kubernetes.yml").toFile())) {
            resources = documents.readAll();
        }
    }

    @Test
    void resources_areTheseAndNoOthers() {
        assertThat(resources)
                .extracting(each -> each.path("kind").asText())
                .containsExactlyInAnyOrder(
                        "ConfigMap",
                        "Deployment",
                        "HorizontalPodAutoscaler",
                        "NetworkPolicy",
                        "PodDisruptionBudget",
                        "Service");
        assertThat(resources)
                .allSatisfy(
                        each -> assertThat(each.at("/metadata/name").asText()).isEqualTo("konko"));
    }

    @Test
    void selectors_allSelectTheDeploymentsPods() {
        JsonNode pods = resource("Deployment").at("/spec/template/metadata/labels");

        List<JsonNode> selectors =
                List.of(
                        resource("Deployment").at("/spec/selector/matchLabels"),
                        resource("Service").at("/spec/selector"),
                        resource("PodDisruptionBudget").at("/spec/selector/matchLabels"),
                        resource("NetworkPolicy").at("/spec/podSelector/matchLabels"),
                        pod().at(
                                        "/affinity/podAntiAffinity/preferredDuringSchedulingIgnoredDuringExecution"
                                                + "/0/podAffinityTerm/labelSelector/matchLabels"));

        assertThat(selectors)
                .allSatisfy(
                        selector -> {
                            assertThat(selector).isNotEmpty();
                            selector.properties()
                                    .forEach(
                                            label ->
                                                    assertThat(pods.path(label.getKey()))
                                                            .isEqualTo(label.getValue()));
                            // A version in it would make an upgrade a change of what can't be
                            // changed.
                            assertThat(selector.has("app.kubernetes.io/version")).isFalse();
                        });
        assertThat(resource("HorizontalPodAutoscaler").at("/spec/scaleTargetRef/name").asText())
                .isEqualTo("konko");
    }

    @Test
    void container_mayDoNothingButServe() {
        JsonNode security = container().path("securityContext");

        assertThat(pod().at("/securityContext/runAsNonRoot").asBoolean()).isTrue();
        assertThat(pod().at("/securityContext/runAsUser").asInt()).isPositive();
        assertThat(pod().path("automountServiceAccountToken").asBoolean(true)).isFalse();
        assertThat(security.path("allowPrivilegeEscalation").asBoolean(true)).isFalse();
        assertThat(security.path("readOnlyRootFilesystem").asBoolean()).isTrue();
        assertThat(security.at("/capabilities/drop/0").asText()).isEqualTo("ALL");
        assertThat(security.at("/seccompProfile/type").asText()).isEqualTo("RuntimeDefault");
        assertThat(container().at("/volumeMounts/0/mountPath").asText()).isEqualTo("/tmp");
        assertThat(pod().at("/volumes/0/emptyDir").isObject()).isTrue();
    }

    @Test
    void container_isProbedAndBounded() {
        assertThat(container().at("/livenessProbe/httpGet/path").asText())
                .isEqualTo("/q/health/live");
        assertThat(container().at("/readinessProbe/httpGet/path").asText())
                .isEqualTo("/q/health/ready");
        assertThat(container().at("/startupProbe/httpGet/path").asText())
                .isEqualTo("/q/health/started");
        for (String bound : List.of("requests", "limits")) {
            assertThat(container().at("/resources/" + bound + "/cpu").asText()).isNotEmpty();
            assertThat(container().at("/resources/" + bound + "/memory").asText()).isNotEmpty();
        }
    }

    @Test
    void rollout_drainsBeforeItKills() throws IOException {
        JsonNode update = resource("Deployment").at("/spec/strategy/rollingUpdate");
        Duration beforeTheSignal =
                Duration.ofSeconds(container().at("/lifecycle/preStop/sleep/seconds").asInt());
        Duration needed =
                beforeTheSignal
                        .plus(DurationConverter.parseDuration(SHUTDOWN_GRACE))
                        .plus(
                                DurationConverter.parseDuration(
                                        application().getProperty("quarkus.shutdown.timeout")));

        assertThat(update.path("maxUnavailable").asText()).isEqualTo("0%");
        assertThat(update.path("maxSurge").asText()).isEqualTo("25%");
        assertThat(beforeTheSignal).isPositive();
        assertThat(Duration.ofSeconds(pod().path("terminationGracePeriodSeconds").asInt()))
                .isGreaterThan(needed);
        assertThat(resource("Deployment").at("/spec/replicas").asInt())
                .isEqualTo(resource("HorizontalPodAutoscaler").at("/spec/minReplicas").asInt())
                .isGreaterThan(1);
        assertThat(resource("PodDisruptionBudget").at("/spec/maxUnavailable").asInt()).isEqualTo(1);
    }

    @Test
    void secrets_areReferredToAndNotHeld() {
        assertThat(container().path("envFrom").findValues("secretRef"))
                .extracting(each -> each.path("name").asText())
                .containsExactly("konko");
        assertThat(container().path("envFrom").findValues("configMapRef"))
                .extracting(each -> each.path("name").asText())
                .containsExactly("konko");
        assertThat(container().path("env"))
                .extracting(each -> each.path("name").asText())
                .containsExactly("POD_IP", "KONKO_REPLICA_ADDRESS"); // which has the one before it
        assertThat(resource("ConfigMap").path("data").properties())
                .extracting(java.util.Map.Entry::getKey)
                .containsExactlyInAnyOrder("KONKO_STORE", "KONKO_DATABASE_URL");
    }

    @Test
    void network_isOpenToTheApiAndToWhatItNeeds() {
        JsonNode policy = resource("NetworkPolicy").path("spec");

        assertThat(policy.path("ingress").findValues("port"))
                .extracting(JsonNode::asInt)
                .containsExactly(container().at("/ports/0/containerPort").asInt());
        assertThat(policy.path("egress").findValues("port"))
                .extracting(JsonNode::asInt)
                .containsExactlyInAnyOrder(53, 53, 5432, 443, 8080);
        assertThat(policy.path("egress").path(2).at("/to/0/podSelector/matchLabels"))
                .isEqualTo(resource("NetworkPolicy").at("/spec/podSelector/matchLabels"));
        assertThat(policy.path("policyTypes"))
                .extracting(JsonNode::asText)
                .containsExactly("Ingress", "Egress");
    }

    @Test
    void replicas_areToldTheirAddress() {
        JsonNode environment = container().path("env");

        assertThat(environment.at("/0/valueFrom/fieldRef/fieldPath").asText())
                .isEqualTo("status.podIP");
        assertThat(environment.at("/1/value").asText()).isEqualTo("http://$(POD_IP):8080");
    }

    private static JsonNode resource(String kind) {
        return resources.stream()
                .filter(each -> each.path("kind").asText().equals(kind))
                .findFirst()
                .orElseThrow();
    }

    private static JsonNode pod() {
        return resource("Deployment").at("/spec/template/spec");
    }

    private static JsonNode container() {
        assertThat(pod().path("containers")).hasSize(1);
        return pod().at("/containers/0");
    }

    private static Properties application() throws IOException {
        Properties properties = new Properties();
        try (Reader reader =
                Files.newBufferedReader(Path.of("src/main/resources/application.properties"))) {
            properties.load(reader);
        }
        return properties;
    }
}
