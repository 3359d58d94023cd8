package ai.konko;

import static java.util.Comparator.comparingInt;

import io.quarkus.runtime.StartupEvent;
import io.smallrye.config.EnvConfigSource;
import jakarta.annotation.Priority;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Pattern;
import org.eclipse.microprofile.config.Config;
import org.eclipse.microprofile.config.spi.ConfigSource;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * Warns of settings that look like this service's and are none, because a bound or a key that is
 * misspelt protects nothing. Says their names, never their values.
 */
@ApplicationScoped
class UnknownSettings {
    private static final Logger LOG = Logger.getLogger(UnknownSettings.class);

    private static final Pattern OURS = Pattern.compile("(%[^.]+\\.)?(?i:konko[._]).*");

    /** What comes before it says nothing of what is meant. */
    private static final int PREFIX = "KONKO_".length();

    /** What Kubernetes tells containers of a Service whose name begins with ours. */
    private static final Pattern OF_A_SERVICE =
            Pattern.compile(
                    "KONKO_(.+_)?(SERVICE_HOST|SERVICE_PORT(_.+)?|PORT_\\d+_[A-Z]+(_(PROTO|PORT|ADDR))?)");

    private static final Pattern PORT = Pattern.compile("KONKO_(.+_)?PORT");

    private static final Pattern ADDRESS = Pattern.compile("[a-z]+://.*");

    /** Before a setting that is out of its bounds refuses the start. */
    void warn(@Observes @Priority(-1) StartupEvent event, Config config) {
        warnings(config).forEach(LOG::warn);
    }

    /** By name. */
    static List<String> warnings(Config config) {
        List<String> known =
                Arrays.stream(config.getConfigValue(KnownSettings.NAMES).getValue().split(","))
                        .map(UnknownSettings::variable)
                        .toList();
        Set<String> exact = Set.copyOf(known);
        List<Pattern> wild =
                known.stream()
                        .filter(name -> name.contains("*"))
                        .map(name -> Pattern.compile(name.replace("*", ".+")))
                        .toList();
        TreeMap<String, String> unknown = new TreeMap<>();
        for (ConfigSource source : config.getConfigSources()) {
            for (String name : source.getPropertyNames()) {
                String variable = variable(name);
                if (OURS.matcher(name).matches()
                        && !exact.contains(variable)
                        && wild.stream().noneMatch(each -> each.matcher(variable).matches())
                        && !isOfKubernetes(variable, source.getValue(name))) {
                    unknown.put(variable, source instanceof EnvConfigSource ? variable : name);
                }
            }
        }
        return unknown.entrySet().stream()
                .map(each -> warning(each.getValue(), nearest(each.getKey(), known)))
                .toList();
    }

    private static String warning(String name, Optional<String> nearest) {
        return name
                + " is set, but there is no such setting"
                + nearest.map(meant -> "; is " + meant + " meant?").orElse(".");
    }

    /** As it is named in the environment. */
    private static String variable(String name) {
        return name.replaceFirst("^%[^.]+\\.", "")
                .replaceAll("[^A-Za-z0-9*]", "_")
                .toUpperCase(Locale.ROOT);
    }

    private static boolean isOfKubernetes(String variable, @Nullable String value) {
        return OF_A_SERVICE.matcher(variable).matches()
                || (PORT.matcher(variable).matches()
                        && value != null
                        && ADDRESS.matcher(value).matches());
    }

    /** The one that takes the fewest changes, if they are few. */
    private static Optional<String> nearest(String name, List<String> known) {
        int few = 1 + (name.length() - PREFIX) / 4;
        return known.stream()
                .filter(each -> !each.contains("*") && changes(name, each) <= few)
                .min(comparingInt(each -> changes(name, each)));
    }

    /** How many letters have to be put in, taken out or changed (Levenshtein's distance). */
    private static int changes(String from, String to) {
        int[] row = new int[to.length() + 1];
        Arrays.setAll(row, i -> i);
        for (int i = 1; i <= from.length(); i++) {
            int corner = row[0];
            row[0] = i;
            for (int j = 1; j <= to.length(); j++) {
                int change = corner + (from.charAt(i - 1) == to.charAt(j - 1) ? 0 : 1);
                corner = row[j];
                row[j] = Math.min(change, 1 + Math.min(row[j], row[j - 1]));
            }
        }
        return row[to.length()];
    }
}
