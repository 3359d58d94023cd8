package ai.konko.packaged;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import ai.konko.api.Client;
import ai.konko.api.Client.Answer;
import ai.konko.fake.FakeModel;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.jar.Attributes;
import java.util.jar.JarEntry;
import java.util.jar.JarOutputStream;
import java.util.jar.Manifest;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * What would keep a binary from serving, found without building one: the packaged jar is driven,
 * and says what it looks up by name and what its classes hold from their initialization on.
 */
class BinaryIT {
    private static final String KEY = "adas-key-0123456789";

    /**
     * Who looks up what is not registered, and does without or is replaced: a binary of all of them
     * has passed the tests. By kind, whole name of what, and who, as regular expressions.
     */
    private static final List<String> TOLERATED =
            List.of(
                    // The package of jars alone has these.
                    "\\w+ .* io\\.quarkus\\.bootstrap\\..*",
                    // Beans for transactions, of which there are none.
                    "\\w+ .* (com\\.arjuna|io\\.quarkus\\.narayana)\\..*",
                    // Jackson looks at the JDK's collections before it writes them as such.
                    "\\w+ java\\..* com\\.fasterxml\\.jackson\\..*",
                    // What is not found is taken as if it were not skipped, and Unsafe as absent.
                    "method .* io\\.netty\\.channel\\.ChannelHandlerMask.*",
                    "\\w+ (java|sun)\\..* io\\.netty\\.util\\.internal\\..*",
                    "field .*#refCnt io\\.netty\\..*",
                    // By constant names, which native-image finds by itself.
                    "method java.* io\\.quarkus\\.virtual\\.threads\\..*",
                    "method javax\\.net\\.ssl\\..* io\\.vertx\\..*",
                    "type com\\.sun\\.management\\..* io\\.micrometer\\..*",
                    // Types that are there, by generated code.
                    "type .* (.*_Bean|.*\\$QuarkusImpl|io\\.quarkus\\.(runner|runtime)\\..*)",
                    "type ai\\.konko\\..* io\\.quarkiverse\\.langchain4j\\.runtime\\..*",
                    // The settings in it are those that the build has read.
                    "resource application\\.properties .*",
                    // Looks whether it is a folder or in a jar.
                    "resource META-INF io\\.vertx\\.core\\.file\\..*",
                    // Guardrails, of which there are none.
                    "service dev\\.langchain4j\\.spi\\.guardrail\\..* .*");

    /** What Quarkus replaces, or makes anew when a binary starts. */
    private static final List<String> STATE_MADE_ANEW =
            List.of("io\\.netty\\.buffer\\.EmptyByteBuf#.*");

    @TempDir static Path folder;
    private static Registered registered;
    private static List<String> seen;

    @BeforeAll
    static void drive() throws Exception {
        assumeTrue(System.getProperty("native") == null, "the binary itself is tested");
        registered = Registered.read();
        Path lookups = folder.resolve("lookups");
        Map<String, String> settings = new HashMap<>();
        settings.put("KONKO_API_KEYS", "ada:" + KEY);
        settings.put("KONKO_LIMITS_REQUESTS_PER_MINUTE", "1000");
        settings.put("QUARKUS_VERTX_PREFER_NATIVE_TRANSPORT", "false"); // the binary has none
        try (FakeModel model = FakeModel.start()) {
            Service service =
                    Service.start(
                            List.of(
                                    Service.JAVA,
                                    "-XX:TieredStopAtLevel=1",
                                    agent() + "=" + lookups,
                                    "-jar",
                                    AotCacheIT.PACKAGE
                                            .resolve("quarkus-run.jar")
                                            .toAbsolutePath()
                                            .toString()),
                            Service.with(model.baseUrl(), settings),
                            folder);
            try {
                use(service.ready().as(KEY));
            } finally {
                service.terminate();
            }
            assertThat(service.exit()).isZero();
        }
        seen = Files.readAllLines(lookups);
    }

    private static void use(Client client) {
        String chat = client.chat();
        assertThat(client.say(chat, "hello").status()).isEqualTo(201);
        assertThat(client.sayAndFollow(chat, "again").rest().getLast().name())
                .isEqualTo("completed");
        Answer shown =
                client.post(
                        chat + "/messages",
                        """
                        {"content": [{"type": "file", "mediaType": "text/plain", "name": "a", "data": "AA=="}]}
                        """);
        String file = shown.json().at("/message/items/0/attachment").asText();
        for (String path :
                List.of(
                        "/chats",
                        chat,
                        chat + "/attachments/" + file,
                        chat + "/messages",
                        chat + "/summary",
                        chat + "/context",
                        "/usage",
                        "/v1/models",
                        "/",
                        "/openapi",
                        "/openapi.json",
                        "/q/health",
                        "/q/metrics")) {
            assertThat(client.get(path).status()).describedAs(path).isEqualTo(200);
        }
        assertThat(client.post("/v1/responses", "{\"input\": \"hello\"}").status()).isEqualTo(200);
        assertThat(client.get("/chats/x").status()).isEqualTo(404);
        assertThat(client.post("/chats", "{").status()).isEqualTo(400);
    }

    @Test
    void lookups_byName_findWhatIsRegistered() {
        assertThat(seen).hasSizeGreaterThan(100);
        assertThat(unregistered(seen, registered)).isEmpty();
    }

    @Test
    void staticState_ofWhatIsBuiltIn_isNotOfOneProcess() {
        assertThat(heldFromTheBuild(seen, registered)).isEmpty();
    }

    /** Both checks find what is there for them to find. */
    @Test
    void checks_ofAProgramWithBothFaults_nameThem() throws Exception {
        Path lookups = folder.resolve("planted");
        Process program =
                new ProcessBuilder(
                                Service.JAVA,
                                agent() + "=" + lookups,
                                "-cp",
                                "target/test-classes",
                                Planted.class.getName(),
                                Planted.Named.class.getName())
                        .inheritIO()
                        .start();
        assertThat(program.waitFor(60, TimeUnit.SECONDS)).isTrue();

        List<String> planted = Files.readAllLines(lookups);

        assertThat(unregistered(planted, registered))
                .contains(
                        "constructor ai.konko.packaged.Planted$Named ai.konko.packaged.Planted",
                        "type ai.konko.packaged.Planted$Named ai.konko.packaged.Planted");
        assertThat(heldFromTheBuild(planted, registered))
                .containsExactly("java.security.SecureRandom ai.konko.packaged.Planted#NUMBERS");
    }

    /** As kind, what and who. */
    private static List<String> unregistered(List<String> seen, Registered registered) {
        return seen.stream()
                .map(line -> line.split("\t", -1))
                .filter(line -> !line[0].equals("state") && !line[0].equals("unwatched"))
                .filter(line -> !registered.happensInTheBuild(line[3]))
                .filter(line -> !registered.has(line[0], line[1]))
                .map(line -> line[0] + " " + line[1] + " " + line[2])
                .filter(line -> TOLERATED.stream().noneMatch(line::matches))
                .sorted()
                .toList();
    }

    /** As the type of what is held, and where. */
    private static List<String> heldFromTheBuild(List<String> seen, Registered registered) {
        return seen.stream()
                .map(line -> line.split("\t", -1))
                .filter(line -> line[0].equals("state"))
                .filter(line -> registered.isBuiltIn(line[2].replaceFirst("#.*", "")))
                .filter(line -> STATE_MADE_ANEW.stream().noneMatch(line[2]::matches))
                .map(line -> line[1] + " " + line[2])
                .sorted()
                .toList();
    }

    private static String agent() throws Exception {
        Path jar = folder.resolve("agent.jar");
        if (Files.notExists(jar)) {
            Manifest manifest = new Manifest();
            manifest.getMainAttributes().put(Attributes.Name.MANIFEST_VERSION, "1.0");
            manifest.getMainAttributes().putValue("Premain-Class", LookupAgent.class.getName());
            Path classes = Path.of("target/test-classes");
            try (OutputStream file = Files.newOutputStream(jar);
                    JarOutputStream out = new JarOutputStream(file, manifest);
                    var all = Files.list(classes.resolve("ai/konko/packaged"))) {
                for (Path each : all.toList()) {
                    if (each.getFileName().toString().startsWith("Lookup")) {
                        out.putNextEntry(new JarEntry(classes.relativize(each).toString()));
                        try (InputStream in = Files.newInputStream(each)) {
                            in.transferTo(out);
                        }
                    }
                }
            }
        }
        return "-javaagent:" + jar;
    }
}
