package ai.konko.packaged;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.classfile.ClassFile;
import java.lang.classfile.ClassHierarchyResolver;
import java.lang.classfile.ClassModel;
import java.lang.classfile.ClassTransform;
import java.lang.classfile.CodeBuilder;
import java.lang.classfile.CodeElement;
import java.lang.classfile.CodeModel;
import java.lang.classfile.CodeTransform;
import java.lang.classfile.Instruction;
import java.lang.classfile.MethodModel;
import java.lang.classfile.Opcode;
import java.lang.classfile.constantpool.PoolEntry;
import java.lang.classfile.constantpool.Utf8Entry;
import java.lang.classfile.instruction.ConstantInstruction;
import java.lang.classfile.instruction.InvokeInstruction;
import java.lang.classfile.instruction.ReturnInstruction;
import java.lang.constant.ClassDesc;
import java.lang.constant.ConstantDescs;
import java.lang.constant.MethodTypeDesc;
import java.lang.instrument.ClassFileTransformer;
import java.lang.instrument.Instrumentation;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.ProtectionDomain;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A Java agent that has the process say, at its end, what it looked up by name and what its classes
 * hold in static fields once they are initialised: see {@link Lookups}. It changes the calls in all
 * classes but the JDK's.
 */
public final class LookupAgent {
    private static final ClassDesc LOOKUPS = ClassDesc.of("ai.konko.packaged.Lookups");
    private static final MethodTypeDesc OBJECT_AND_CALLER =
            MethodTypeDesc.ofDescriptor("(Ljava/lang/Object;Ljava/lang/String;)V");
    private static final MethodTypeDesc OBJECT_NAME_AND_CALLER =
            MethodTypeDesc.ofDescriptor(
                    "(Ljava/lang/Object;Ljava/lang/String;Ljava/lang/String;)V");
    private static final MethodTypeDesc CLASS = MethodTypeDesc.ofDescriptor("(Ljava/lang/Class;)V");

    /** Calls whose result says what was looked up. */
    private static final Map<String, Set<String>> BY_RESULT =
            Map.of(
                    "java/lang/Class",
                    Set.of(
                            "forName",
                            "newInstance",
                            "getMethod",
                            "getDeclaredMethod",
                            "getMethods",
                            "getDeclaredMethods",
                            "getConstructor",
                            "getDeclaredConstructor",
                            "getConstructors",
                            "getDeclaredConstructors",
                            "getField",
                            "getDeclaredField",
                            "getFields",
                            "getDeclaredFields"),
                    "java/lang/ClassLoader",
                    Set.of("loadClass"),
                    "java/lang/invoke/MethodHandles$Lookup",
                    Set.of("findClass", "findConstructor"),
                    "java/lang/reflect/Proxy",
                    Set.of("newProxyInstance"),
                    "java/util/ServiceLoader",
                    Set.of("load"),
                    "java/io/ObjectInputStream",
                    Set.of("readObject"));

    private static final Set<String> RESOURCES =
            Set.of("getResource", "getResources", "getResourceAsStream");

    /** No class without any of these is of interest. */
    private static final Set<String> NAMES =
            Stream.concat(
                            Stream.of("<clinit>", "start"),
                            Stream.concat(
                                    RESOURCES.stream(),
                                    BY_RESULT.values().stream().flatMap(Set::stream)))
                    .collect(Collectors.toUnmodifiableSet());

    private LookupAgent() {}

    /**
     * @param to the file that is written when the process ends
     */
    public static void premain(String to, Instrumentation instrumentation) {
        instrumentation.addTransformer(new Transformer());
        Runtime.getRuntime()
                .addShutdownHook(
                        new Thread(
                                () -> {
                                    try {
                                        Files.write(Path.of(to), Lookups.seen());
                                    } catch (IOException e) {
                                        throw new UncheckedIOException(e);
                                    }
                                }));
    }

    private static final class Transformer implements ClassFileTransformer {
        private final ClassFile classFile =
                ClassFile.of(
                        ClassFile.ClassHierarchyResolverOption.of(
                                ClassHierarchyResolver.ofResourceParsing(
                                                ClassLoader.getSystemClassLoader())
                                        .orElse(ClassHierarchyResolver.defaultResolver())));

        @Override
        public byte @Nullable [] transform(
                @Nullable ClassLoader loader,
                String name,
                @Nullable Class<?> redefined,
                ProtectionDomain domain,
                byte[] bytes) {
            if (loader == null
                    || ClassLoader.getPlatformClassLoader().equals(loader)
                    || name == null
                    || name.startsWith("ai/konko/packaged/Lookup")) {
                return null;
            }
            try {
                ClassModel model = classFile.parse(bytes);
                return concerns(model) ? classFile.transformClass(model, watching(model)) : null;
            } catch (RuntimeException e) {
                Lookups.notWatched(name, e);
                return null;
            }
        }

        private static boolean concerns(ClassModel model) {
            for (PoolEntry entry : model.constantPool()) {
                if (entry instanceof Utf8Entry name && NAMES.contains(name.stringValue())) {
                    return true;
                }
            }
            return false;
        }

        private static ClassTransform watching(ClassModel model) {
            String caller = model.thisClass().asInternalName().replace('/', '.');
            return (builder, element) -> {
                if (element instanceof MethodModel method && method.code().isPresent()) {
                    boolean initializer = method.methodName().equalsString("<clinit>");
                    CodeTransform calls =
                            CodeTransform.ofStateful(() -> new Calls(caller, initializer));
                    builder.transformMethod(
                            method,
                            (inner, part) -> {
                                if (part instanceof CodeModel code) {
                                    inner.transformCode(code, calls);
                                } else {
                                    inner.with(part);
                                }
                            });
                } else {
                    builder.with(element);
                }
            };
        }
    }

    private static final class Calls implements CodeTransform {
        /** A call's other arguments take no more instructions than that. */
        private static final int FAR = 5;

        private final String caller;
        private final boolean initializer;
        private int sinceConstant = FAR;

        Calls(String caller, boolean initializer) {
            this.caller = caller;
            this.initializer = initializer;
        }

        @Override
        public void accept(CodeBuilder code, CodeElement element) {
            if (initializer && element instanceof ReturnInstruction) {
                code.ldc(ClassDesc.of(caller)).invokestatic(LOOKUPS, "initialized", CLASS);
            }
            if (element instanceof InvokeInstruction call) {
                invoke(code, call);
            } else {
                code.with(element);
            }
            if (element instanceof Instruction) {
                boolean text =
                        element instanceof ConstantInstruction constant
                                && constant.constantValue() instanceof String;
                sinceConstant = text ? 0 : Math.min(FAR, sinceConstant + 1);
            }
        }

        private void invoke(CodeBuilder code, InvokeInstruction call) {
            String owner = call.owner().asInternalName();
            String name = call.name().stringValue();
            if (RESOURCES.contains(name)
                    && call.opcode() != Opcode.INVOKESTATIC
                    && (owner.equals("java/lang/Class") || owner.endsWith("ClassLoader"))
                    && call.typeSymbol().parameterList().equals(List.of(ConstantDescs.CD_String))) {
                code.dup2().ldc(caller);
                code.invokestatic(LOOKUPS, "resource", OBJECT_NAME_AND_CALLER);
            }
            if (owner.equals("java/lang/Thread") && name.equals("start")) {
                code.dup().ldc(caller).invokestatic(LOOKUPS, "started", OBJECT_AND_CALLER);
            }
            code.with(call);
            // The binary's compiler finds out by itself what Class.forName("a constant") is.
            boolean foreseen = sinceConstant < FAR && name.equals("forName");
            Set<String> names =
                    BY_RESULT.getOrDefault(
                            owner.endsWith("ClassLoader") ? "java/lang/ClassLoader" : owner,
                            Set.of());
            if (names.contains(name)
                    && !foreseen
                    && !call.typeSymbol().returnType().equals(ConstantDescs.CD_void)) {
                code.dup().ldc(caller).invokestatic(LOOKUPS, "found", OBJECT_AND_CALLER);
            }
        }
    }
}
