package ai.konko;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.core.importer.ImportOption.DoNotIncludeTests;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;
import com.tngtech.archunit.library.Architectures;

/** Which room may import which. */
@AnalyzeClasses(packages = "ai.konko", importOptions = DoNotIncludeTests.class)
class ArchitectureTest {

    @ArchTest
    static final ArchRule ROOMS =
            Architectures.layeredArchitecture()
                    .consideringOnlyDependenciesInLayers()
                    .layer("chat")
                    .definedBy("ai.konko.chat..")
                    .layer("store")
                    .definedBy("ai.konko.store..")
                    .layer("assistant")
                    .definedBy("ai.konko.assistant..")
                    .layer("conversation")
                    .definedBy("ai.konko.conversation..")
                    .layer("security")
                    .definedBy("ai.konko.security..")
                    .layer("api")
                    .definedBy("ai.konko.api..")
                    .layer("openai")
                    .definedBy("ai.konko.openai..")
                    .layer("http")
                    .definedBy("ai.konko.http..")
                    .layer("relay")
                    .definedBy("ai.konko.relay..")
                    .layer("offline")
                    .definedBy("ai.konko.offline..")
                    .whereLayer("openai")
                    .mayNotBeAccessedByAnyLayer()
                    .whereLayer("api")
                    .mayNotBeAccessedByAnyLayer()
                    .whereLayer("relay")
                    .mayNotBeAccessedByAnyLayer()
                    .whereLayer("http")
                    .mayOnlyBeAccessedByLayers("api", "openai", "relay")
                    .whereLayer("store")
                    .mayNotBeAccessedByAnyLayer()
                    .whereLayer("offline")
                    .mayNotBeAccessedByAnyLayer()
                    .whereLayer("security")
                    .mayOnlyBeAccessedByLayers("http", "api", "openai")
                    .whereLayer("conversation")
                    .mayOnlyBeAccessedByLayers("api", "openai", "relay")
                    .whereLayer("assistant")
                    .mayOnlyBeAccessedByLayers("conversation", "api", "openai")
                    .whereLayer("chat")
                    .mayOnlyBeAccessedByLayers(
                            "store",
                            "assistant",
                            "conversation",
                            "security",
                            "http",
                            "api",
                            "openai",
                            "relay")
                    .whereLayer("offline")
                    .mayNotAccessAnyLayer();

    @ArchTest
    static final ArchRule NO_CYCLES = slices().matching("ai.konko.(*)..").should().beFreeOfCycles();

    @ArchTest
    static final ArchRule ONLY_THE_ASSISTANT_KNOWS_LANGCHAIN4J =
            noClasses()
                    .that()
                    .resideOutsideOfPackage("ai.konko.assistant..")
                    .should()
                    .dependOnClassesThat()
                    .resideInAnyPackage("dev.langchain4j..", "io.quarkiverse.langchain4j..");

    @ArchTest
    static final ArchRule THE_LOG_IS_PLAIN_JAVA =
            classes()
                    .that()
                    .resideInAPackage("ai.konko.chat..")
                    .should()
                    .onlyDependOnClassesThat()
                    .resideInAnyPackage(
                            "ai.konko.chat..",
                            "java..",
                            "org.jspecify..",
                            "io.smallrye.config",
                            "jakarta.validation.constraints");
}
