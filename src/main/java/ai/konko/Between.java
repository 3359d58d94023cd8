package ai.konko;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/**
 * The bounds of a setting that is a time or a size, in the setting's own form ({@code 5s}, {@code
 * 1M}). Bean Validation has annotations for numbers and texts only.
 */
@Target(ElementType.METHOD)
@Retention(RetentionPolicy.RUNTIME)
public @interface Between {
    String least();

    String most();
}
