package ai.konko.packaged;

import java.security.SecureRandom;
import java.util.List;

/** A program with both faults that {@link BinaryIT} looks for, in ways that it has to follow. */
final class Planted {
    private static final List<Object> NUMBERS = List.of(new Holder(new SecureRandom()));

    private record Holder(SecureRandom random) {}

    /** What is made of a name that is known at run time only. */
    static final class Named {
        Named() {}
    }

    private Planted() {}

    public static void main(String[] names) throws ReflectiveOperationException {
        Class<?> named = Class.forName(names[0]);
        System.out.println(named.getDeclaredConstructor().newInstance() + " " + NUMBERS.size());
    }
}
