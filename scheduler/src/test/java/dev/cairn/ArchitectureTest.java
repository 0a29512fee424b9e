package dev.cairn;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.core.importer.ImportOption.DoNotIncludeTests;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;

/** What Maven cannot forbid. It stands in this module because all the others are seen from here. */
@AnalyzeClasses(packages = "dev.cairn", importOptions = DoNotIncludeTests.class)
final class ArchitectureTest {
    @ArchTest
    static final ArchRule packagesAreFreeOfCircles =
            slices().matching("dev.cairn.(**)").should().beFreeOfCycles();

    @ArchTest
    static final ArchRule onlyTheBindingKnowsJna = onlyIn("dev.cairn.engine.supervised", "com.sun.jna..");

    @ArchTest
    static final ArchRule onlyTheTriggersKnowQuartz = onlyIn("dev.cairn.trigger..", "org.quartz..");

    @ArchTest
    static final ArchRule onlyTheAirflowClientAndWebhooksKnowOkHttp = noClasses()
            .that()
            .resideOutsideOfPackages("dev.cairn.airflow", "dev.cairn.webhook")
            .should()
            .dependOnClassesThat()
            .resideInAPackage("okhttp3..");

    @ArchTest
    static final ArchRule onlyTheMetricsKnowMicrometer = onlyIn("dev.cairn.metrics", "io.micrometer..");

    @ArchTest
    static final ArchRule onlyTheStoreKnowsItsPool = onlyIn("dev.cairn.schedule.store", "com.zaxxer..");

    @ArchTest
    static final ArchRule onlyTheStoreKnowsItsMigrations = onlyIn("dev.cairn.schedule.store", "org.flywaydb..");

    @ArchTest
    static final ArchRule onlyTheStoreKnowsItsDatabase = onlyIn("dev.cairn.schedule.store", "org.sqlite..");

    @ArchTest
    static final ArchRule onlyTheCommandLineKnowsPicocli = onlyIn("dev.cairn.cli..", "picocli..");

    @ArchTest
    static final ArchRule nothingNeedsTheCommandLine = onlyIn("dev.cairn.cli..", "dev.cairn.cli..");

    private static ArchRule onlyIn(String owner, String api) {
        return noClasses()
                .that()
                .resideOutsideOfPackage(owner)
                .should()
                .dependOnClassesThat()
                .resideInAPackage(api);
    }
}
