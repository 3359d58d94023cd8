package ai.konko.packaged;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import ai.konko.api.Client;
import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The JDK's ahead-of-time cache as the container image has it. */
class AotCacheIT {
    static final Path PACKAGE = Path.of("target/aot-jar");
    private static final Path IMAGE = Path.of("docker/Dockerfile.jvm");

    @TempDir Path folder;
    private Service service;

    @BeforeEach
    void onlyTheJar() {
        assumeTrue(System.getProperty("native") == null, "a binary has no such cache");
    }

    @AfterEach
    void stop() throws InterruptedException {
        if (service != null) {
            service.kill();
        }
    }

    /** What a layer of an image keeps of a file's time is the nearest whole second. */
    @Test
    void cache_throughTheLayerOfAnImage_isTaken() throws Exception {
        Path built =
                copy(
                        PACKAGE,
                        folder.resolve("built"),
                        time -> time.truncatedTo(ChronoUnit.SECONDS).plusMillis(700));
        train(built);
        Path image =
                copy(
                        built,
                        folder.resolve("image"),
                        time -> time.plusMillis(500).truncatedTo(ChronoUnit.SECONDS));

        service = Service.start(entrypoint(), Map.of("KONKO_OFFLINE_MODEL", "true"), image);
        Client client = service.ready();

        assertThat(client.say(client.chat(), "hello").status()).isEqualTo(201);
        assertThat(Files.readString(image.resolve("classes")))
                .containsPattern("ai\\.konko\\.conversation\\.TurnEngine source: shared");
    }

    /** With the image's own options, and with an error where it would start without the cache. */
    private static List<String> entrypoint() throws IOException {
        String line;
        try (Stream<String> lines = Files.lines(IMAGE)) {
            line = lines.filter(each -> each.startsWith("ENTRYPOINT ")).findFirst().orElseThrow();
        }
        List<String> program =
                new ArrayList<>(
                        new ObjectMapper()
                                .readValue(
                                        line.substring("ENTRYPOINT ".length()),
                                        new TypeReference<List<String>>() {}));
        assertThat(program.set(0, Service.JAVA)).isEqualTo("java");
        program.addAll(1, List.of("-XX:AOTMode=on", "-Xlog:class+load:file=classes"));
        return program;
    }

    private void train(Path built) throws Exception {
        Path log = folder.resolve("train.log");
        ProcessBuilder builder =
                new ProcessBuilder("docker/train.sh", built.toString())
                        .redirectErrorStream(true)
                        .redirectOutput(log.toFile());
        builder.environment().put("JAVA", Service.JAVA);
        builder.environment().put("PORT", Integer.toString(Service.freePort()));
        Process training = builder.start();
        assertThat(training.waitFor(10, TimeUnit.MINUTES)).isTrue();
        assertThat(training.exitValue()).describedAs(Files.readString(log)).isZero();
    }

    private static Path copy(Path from, Path to, UnaryOperator<Instant> time) throws IOException {
        try (Stream<Path> files = Files.walk(from)) {
            for (Path file : (Iterable<Path>) files::iterator) {
                Path copy = to.resolve(from.relativize(file).toString());
                Files.copy(file, copy, StandardCopyOption.COPY_ATTRIBUTES);
                if (Files.isRegularFile(file)) {
                    Instant modified = Files.getLastModifiedTime(file).toInstant();
                    Files.setLastModifiedTime(copy, FileTime.from(time.apply(modified)));
                }
            }
        }
        return to;
    }
}
