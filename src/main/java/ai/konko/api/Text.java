package ai.konko.api;

import ai.konko.chat.ChatLimits;
import ai.konko.http.TextBound;
import jakarta.enterprise.context.Dependent;
import jakarta.enterprise.inject.Instance;
import jakarta.validation.Constraint;
import jakarta.validation.ConstraintValidator;
import jakarta.validation.ConstraintValidatorContext;
import jakarta.validation.Payload;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** The text must keep to its {@link TextBound}. Absent is fine. */
@Target({ElementType.FIELD, ElementType.PARAMETER, ElementType.TYPE_USE, ElementType.METHOD})
@Retention(RetentionPolicy.RUNTIME)
@Constraint(validatedBy = Text.Validator.class)
@interface Text {
    TextBound value();

    String message() default "is not a legal text";

    Class<?>[] groups() default {};

    Class<? extends Payload>[] payload() default {};

    /** Looks the bound up and says which part of it is broken. */
    @Dependent
    class Validator implements ConstraintValidator<Text, @Nullable String> {
        /**
         * Looked up late: validators are made while the service is built, before it has a
         * configuration.
         */
        private final Instance<ChatLimits> limits;

        private volatile @Nullable ChatLimits known;
        private TextBound bound = TextBound.TITLE;

        Validator(Instance<ChatLimits> limits) {
            this.limits = limits;
        }

        @Override
        public void initialize(Text text) {
            bound = text.value();
        }

        @Override
        public boolean isValid(@Nullable String text, ConstraintValidatorContext context) {
            if (text == null) {
                return true;
            }
            ChatLimits current = known;
            if (current == null) {
                current = limits.get();
                known = current;
            }
            Optional<String> broken = bound.broken(text, current);
            broken.ifPresent(
                    message -> {
                        context.disableDefaultConstraintViolation();
                        context.buildConstraintViolationWithTemplate(message)
                                .addConstraintViolation();
                    });
            return broken.isEmpty();
        }
    }
}
