package ai.konko;

import static java.util.stream.Collectors.toMap;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption.DoNotIncludeTests;
import io.smallrye.config.ConfigMapping;
import io.smallrye.config.ConfigMappings;
import io.smallrye.config.ConfigMappings.ConfigClass;
import io.smallrye.config.WithDefault;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.reflect.Method;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The documents agree with the code, as far as a test can compare them. */
class DocumentsTest {
    private static final Path README = Path.of("README.md");
    private static final Path DOCUMENTS = Path.of("src/docs");

    /** Stands in place of a default if none is declared; the cell may then hold any words. */
    private static final String UNDECLARED = "(none declared)";

    /** A row's setting, and the cell with its default. */
    private static final Pattern ROW =
            Pattern.compile("^\\| `(konko\\.[^`]+)` \\|([^|]*)\\|", Pattern.MULTILINE);

    private static final Pattern VALUE = Pattern.compile("`([^`]*)`");

    private static final Pattern LINK = Pattern.compile("\\]\\(([^)\\s]+)\\)");

    private static final Pattern CODE = Pattern.compile("(?m)^ {4}.*$|`[^`\\n]*`");

    private static final Pattern HEADING = Pattern.compile("(?m)^#+ (.*)$");

    @Test
    void configuration_ofEachDeclaredSetting_hasItsDefault() throws IOException {
        Map<String, String> documented = new TreeMap<>();
        ROW.matcher(Files.readString(DOCUMENTS.resolve("configuration.md")))
                .results()
                .forEach(
                        row ->
                                assertThat(documented.put(row.group(1), ofCell(row.group(2))))
                                        .as("%s in another row", row.group(1))
                                        .isNull());

        assertThat(documented).containsExactlyInAnyOrderEntriesOf(declared());
    }

    @ParameterizedTest
    @MethodSource("documents")
    void link_inADocument_leadsToWhatIsThere(Path document) throws IOException {
        String text = CODE.matcher(Files.readString(document)).replaceAll("");

        assertThat(LINK.matcher(text).results().map(link -> link.group(1)))
                .filteredOn(link -> !link.matches("https?:.*"))
                .allSatisfy(
                        link -> {
                            String[] parts = link.split("#", 2);
                            Path to = document.resolveSibling(parts[0]).normalize();
                            assertThat(parts[0].isEmpty() ? document : to).exists();
                            if (parts.length == 2) {
                                assertThat(anchors(parts[0].isEmpty() ? document : to))
                                        .contains(parts[1]);
                            }
                        });
    }

    /** A list is one setting, not one more for each of its places. */
    private static Map<String, String> declared() {
        return new ClassFileImporter()
                .withImportOption(new DoNotIncludeTests()).importPackages("ai.konko").stream()
                        .filter(type -> type.isAnnotatedWith(ConfigMapping.class))
                        .map(type -> ConfigClass.configClass(type.reflect()))
                        .map(ConfigMappings::getProperties)
                        .flatMap(properties -> properties.entrySet().stream())
                        .filter(each -> !each.getKey().endsWith("[*]"))
                        .collect(
                                toMap(
                                        Map.Entry::getKey,
                                        each -> defaultOf(each.getValue().getMethod()),
                                        (one, two) -> one,
                                        TreeMap::new));
    }

    private static String defaultOf(Method setting) {
        WithDefault value = setting.getAnnotation(WithDefault.class);
        return value == null ? UNDECLARED : value.value();
    }

    private static String ofCell(String cell) {
        Matcher value = VALUE.matcher(cell.strip());
        return value.matches() ? value.group(1) : UNDECLARED;
    }

    private static List<Path> documents() throws IOException {
        try (Stream<Path> all = Files.walk(DOCUMENTS)) {
            return Stream.concat(
                            Stream.of(README),
                            all.filter(each -> each.toString().endsWith(".md")).sorted())
                    .toList();
        }
    }

    /** As repositories' pages make them of headings. */
    private static Stream<String> anchors(Path document) {
        try {
            return HEADING.matcher(Files.readString(document))
                    .results()
                    .map(
                            heading ->
                                    heading.group(1)
                                            .toLowerCase(Locale.ROOT)
                                            .replaceAll("[^\\p{L}\\p{N} _-]", "")
                                            .replace(' ', '-'));
        } catch (IOException unreadable) {
            throw new UncheckedIOException(unreadable);
        }
    }
}
