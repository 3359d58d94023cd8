package ai.konko;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/**
 * The bounds of a setting that is a time, a size or a share, in the setting's own form ({@code 5s},
 * {@code 1M}, {@code 0.5}). Bean Validation has annotations for whole numbers and texts only.
 */
@Target(ElementType.METHOD)
@Retention(RetentionPolicy.RUNTIME)
public @interface Between {
    String least();

    String most();
}
