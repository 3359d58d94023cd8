package ai.konko.packaged;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.lang.classfile.ClassFile;
import java.lang.classfile.constantpool.StringEntry;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Enumeration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.jar.JarEntry;
import java.util.jar.JarFile;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * What a binary will find by name, from what native-image would be given: Quarkus' build writes
 * that, with the libraries, without having native-image.
 */
final class Registered {
    private static final Path SOURCES = Path.of("target/native-sources");
    private static final String METADATA = "META-INF/native-image/";
    private static final String SERVICES = "META-INF/services/";
    private static final String FEATURE = "io/quarkus/runner/Feature.class";
    private static final ObjectMapper JSON = new ObjectMapper();

    /** Whatever is registered, as {@link Lookups} would say it; members of a type as {@code #*}. */
    private final Set<String> names = new HashSet<>();

    private final Set<String> resources = new HashSet<>();
    private final Map<String, Set<String>> providers = new HashMap<>();
    private final Set<String> initializedAtRunTime = new HashSet<>();

    static Registered read() throws IOException {
        Registered all = new Registered();
        try (Stream<Path> files = Files.walk(SOURCES)) {
            for (Path jar : files.filter(file -> file.toString().endsWith(".jar")).toList()) {
                all.read(jar);
            }
        }
        String arguments = Files.readString(SOURCES.resolve("native-image.args"));
        for (String argument : arguments.split(" ", -1)) {
            if (argument.startsWith("--initialize-at-run-time=")) {
                String classes = argument.substring(argument.indexOf('=') + 1);
                all.initializedAtRunTime.addAll(List.of(classes.split(",", -1)));
            }
        }
        // Named there because it is initialised by the build.
        all.initializedAtRunTime.remove("io.quarkus.runner.ApplicationImpl");
        return all;
    }

    private void read(Path file) throws IOException {
        try (JarFile jar = new JarFile(file.toFile())) {
            for (Enumeration<JarEntry> all = jar.entries(); all.hasMoreElements(); ) {
                JarEntry entry = all.nextElement();
                String name = entry.getName();
                if (name.equals(FEATURE)) {
                    readFeature(jar.getInputStream(entry).readAllBytes());
                } else if (name.startsWith(METADATA) && name.endsWith("reflect-config.json")) {
                    JSON.readTree(jar.getInputStream(entry)).forEach(this::addType);
                } else if (name.startsWith(METADATA) && name.endsWith("resource-config.json")) {
                    JsonNode patterns = JSON.readTree(jar.getInputStream(entry));
                    patterns.at("/resources/includes").forEach(this::addResource);
                } else if (name.startsWith(METADATA) && name.endsWith("-metadata.json")) {
                    JsonNode metadata = JSON.readTree(jar.getInputStream(entry));
                    metadata.path("reflection").forEach(this::addType);
                } else if (name.startsWith(SERVICES) && !entry.isDirectory()) {
                    byte[] lines = jar.getInputStream(entry).readAllBytes();
                    addProviders(name.substring(SERVICES.length()), lines);
                }
            }
        }
    }

    /** Quarkus' own part of the build: it names the classes that are initialised at run time. */
    private void readFeature(byte[] bytes) {
        ClassFile.of()
                .parse(bytes)
                .constantPool()
                .forEach(
                        entry -> {
                            if (entry instanceof StringEntry text) {
                                initializedAtRunTime.add(text.stringValue());
                            }
                        });
    }

    private void addType(JsonNode entry) {
        JsonNode type = entry.path(entry.has("name") ? "name" : "type");
        if (type.has("proxy")) {
            type.path("proxy").forEach(each -> names.add("proxy " + each.asText()));
            return;
        }
        String name = type.asText();
        names.add("type " + name);
        for (String of : List.of("Constructors", "Methods", "Fields")) {
            if (entry.path("allDeclared" + of).asBoolean()
                    || entry.path("allPublic" + of).asBoolean()) {
                String kind = of.substring(0, of.length() - 1).toLowerCase(Locale.ROOT);
                names.add(kind + " " + name + (kind.equals("constructor") ? "" : "#*"));
            }
        }
        for (JsonNode method : entry.path("methods")) {
            String member = method.path("name").asText();
            names.add(
                    member.equals("<init>")
                            ? "constructor " + name
                            : "method " + name + "#" + member);
        }
        for (JsonNode field : entry.path("fields")) {
            names.add("field " + name + "#" + field.path("name").asText());
        }
    }

    private void addResource(JsonNode include) {
        resources.add(include.path("pattern").asText());
    }

    private void addProviders(String service, byte[] lines) {
        new String(lines, StandardCharsets.UTF_8)
                .lines()
                .map(line -> line.replaceFirst("#.*", "").strip())
                .filter(line -> !line.isEmpty())
                .forEach(
                        line -> providers.computeIfAbsent(service, _ -> new HashSet<>()).add(line));
    }

    /** Whether a class that was being initialised then is initialised when the binary is built. */
    boolean happensInTheBuild(String classes) {
        return Stream.of(classes.split(",", -1))
                .anyMatch(each -> !each.isEmpty() && isBuiltIn(each));
    }

    /** Whether the class is in the binary as its initialization left it. */
    boolean isBuiltIn(String type) {
        return initializedAtRunTime.stream()
                .noneMatch(each -> type.equals(each) || type.startsWith(each + "."));
    }

    boolean has(String kind, String what) {
        return switch (kind) {
            case "resource" -> resources.stream().anyMatch(each -> Pattern.matches(each, what));
            case "service" ->
                    providers.getOrDefault(what, Set.of()).stream()
                            .allMatch(each -> names.contains("constructor " + each));
            case "method", "field" ->
                    names.contains(kind + " " + what)
                            || names.contains(kind + " " + what.replaceFirst("#.*", "#*"));
            default -> names.contains(kind + " " + what);
        };
    }
}
