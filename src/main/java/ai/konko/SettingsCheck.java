package ai.konko;

import ai.konko.assistant.MemoryConfig;
import ai.konko.assistant.ModelConfig;
import ai.konko.chat.ChatLimits;
import ai.konko.conversation.RetentionConfig;
import ai.konko.conversation.TurnConfig;
import ai.konko.http.CrossOriginConfig;
import ai.konko.http.HttpLimits;
import ai.konko.http.StreamConfig;
import ai.konko.openai.PassThroughConfig;
import ai.konko.store.StoreConfig;
import io.quarkus.runtime.StartupEvent;
import io.quarkus.runtime.annotations.RegisterForReflection;
import io.quarkus.runtime.configuration.ConfigurationException;
import io.quarkus.runtime.configuration.DurationConverter;
import io.quarkus.runtime.configuration.MemorySize;
import io.quarkus.runtime.configuration.MemorySizeConverter;
import io.smallrye.config.ConfigMapping;
import io.smallrye.config.SmallRyeConfig;
import io.smallrye.config.WithName;
import io.smallrye.config.common.utils.StringUtil;
import jakarta.annotation.Priority;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import jakarta.validation.constraints.Max;
import jakarta.validation.constraints.Min;
import jakarta.validation.constraints.Pattern;
import java.lang.reflect.Method;
import java.time.Duration;
import java.util.Optional;

/**
 * Refuses to start with a setting that is out of its bounds, and names it. The bounds stand at the
 * settings, as annotations.
 */
@ApplicationScoped
@RegisterForReflection(
        fields = false,
        targets = {
            ChatLimits.class,
            HttpLimits.class,
            CrossOriginConfig.class,
            StreamConfig.class,
            MemoryConfig.class,
            ModelConfig.class,
            StoreConfig.class,
            TurnConfig.class,
            RetentionConfig.class,
            PassThroughConfig.class
        })
class SettingsCheck {
    /**
     * The classes of settings that have bounds; they are listed above, where the binary needs it.
     */
    private static final Class<?>[] SETTINGS =
            SettingsCheck.class.getAnnotation(RegisterForReflection.class).targets();

    private static final Duration DAY = Duration.ofDays(1);

    /** Before anything is opened. */
    void check(@Observes @Priority(0) StartupEvent event, SmallRyeConfig config) {
        Credentials.check(config);
        for (Class<?> each : SETTINGS) {
            check(each, each.getAnnotation(ConfigMapping.class).prefix(), config);
        }
    }

    private static void check(Class<?> settings, String prefix, SmallRyeConfig config) {
        for (Method setting : settings.getMethods()) {
            WithName named = setting.getAnnotation(WithName.class);
            String last = named == null ? StringUtil.skewer(setting.getName()) : named.value();
            String name = prefix + "." + last;
            Class<?> type = setting.getReturnType();
            if (type.isInterface() && type.getEnclosingClass() == settings) {
                check(type, name, config);
            } else {
                checkNumber(setting, name, config);
                checkAmount(setting, name, config);
                checkText(setting, name, config);
            }
        }
    }

    private static void checkNumber(Method setting, String name, SmallRyeConfig config) {
        Min least = setting.getAnnotation(Min.class);
        Max most = setting.getAnnotation(Max.class);
        if (least == null && most == null) {
            return;
        }
        Optional<Long> value = config.getOptionalValue(name, Long.class);
        if (value.isPresent() && least != null && value.get() < least.value()) {
            throw refused(name, "must be at least " + least.value() + ", not " + value.get());
        }
        if (value.isPresent() && most != null && value.get() > most.value()) {
            throw refused(name, "must be at most " + most.value() + ", not " + value.get());
        }
    }

    private static void checkAmount(Method setting, String name, SmallRyeConfig config) {
        Between bounds = setting.getAnnotation(Between.class);
        if (bounds == null) {
            return;
        }
        if (setting.getReturnType() == MemorySize.class) {
            long size = config.getValue(name, MemorySize.class).asLongValue();
            if (size < bytes(bounds.least())) {
                throw refused(name, "must be at least " + bounds.least());
            }
            if (size > bytes(bounds.most())) {
                throw refused(name, "must be at most " + bounds.most());
            }
            return;
        }
        if (setting.getReturnType() == double.class) {
            checkShare(bounds, name, config.getValue(name, Double.class));
            return;
        }
        Optional<Duration> value = config.getOptionalValue(name, Duration.class);
        Duration least = DurationConverter.parseDuration(bounds.least());
        Duration most = DurationConverter.parseDuration(bounds.most());
        if (value.isPresent() && value.get().compareTo(least) < 0) {
            throw refused(name, "must be at least " + words(least) + ", not " + words(value.get()));
        }
        if (value.isPresent() && value.get().compareTo(most) > 0) {
            throw refused(name, "must be at most " + words(most) + ", not " + words(value.get()));
        }
    }

    /** What is not a number is in no bounds. */
    private static void checkShare(Between bounds, String name, double value) {
        boolean within =
                value >= Double.parseDouble(bounds.least())
                        && value <= Double.parseDouble(bounds.most());
        if (!within) {
            throw refused(
                    name,
                    "must be between %s and %s, not %s"
                            .formatted(bounds.least(), bounds.most(), value));
        }
    }

    private static long bytes(String size) {
        return new MemorySizeConverter().convert(size).asLongValue();
    }

    private static void checkText(Method setting, String name, SmallRyeConfig config) {
        Pattern pattern = setting.getAnnotation(Pattern.class);
        String text = config.getConfigValue(name).getValue();
        if (pattern != null && text != null && !text.matches(pattern.regexp())) {
            throw refused(name, pattern.message());
        }
    }

    private static ConfigurationException refused(String name, String rule) {
        return new ConfigurationException("%s %s.".formatted(Secrets.usualVariable(name), rule));
    }

    private static String words(Duration time) {
        return time.compareTo(DAY) < 0 ? time.toMillis() + " ms" : time.toHours() + " h";
    }
}
