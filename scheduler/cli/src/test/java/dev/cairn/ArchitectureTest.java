package dev.cairn;

import static com.tngtech.archunit.base.DescribedPredicate.describe;
import static com.tngtech.archunit.core.domain.JavaCall.Predicates.target;
import static com.tngtech.archunit.core.domain.properties.HasName.Predicates.nameStartingWith;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaCall;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaMethodCall;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.core.importer.ImportOption.DoNotIncludeTests;
import com.tngtech.archunit.core.importer.Location;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;
import com.tngtech.archunit.library.dependencies.SliceAssignment;
import com.tngtech.archunit.library.dependencies.SliceIdentifier;
import dev.cairn.files.TreeRemoval;
import java.nio.file.FileVisitor;
import java.nio.file.Files;
import java.nio.file.SecureDirectoryStream;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** What Maven cannot forbid. It stands in this module because all the others are seen from here. */
@AnalyzeClasses(
        packages = "dev.cairn",
        importOptions = {DoNotIncludeTests.class, ArchitectureTest.NoTestJars.class})
final class ArchitectureTest {
    @ArchTest
    static final ArchRule packagesAreFreeOfCircles =
            slices().matching("dev.cairn.(**)").should().beFreeOfCycles();

    /** The exceptions are pairs that one name makes: an interface and its factory, a value and its exception, a parent and its children. */
    @ArchTest
    static final ArchRule filesAreFreeOfCircles = slices().assignedFrom(new SourceFiles())
            .should()
            .beFreeOfCycles()
            .ignoreDependency(named("airflow.Credentials"), named("airflow.PasswordCredentials"))
            .ignoreDependency(named("run.RunOutcome"), named("run.RunNotSucceededException"))
            .ignoreDependency(named("run.internal.execution.InstanceNode"), named("run.internal.execution.StepNode"));

    @ArchTest
    static final ArchRule nothingOutsideTheStepRunnerReachesInsideIt =
            inside("dev.cairn.run.internal..", "dev.cairn.run..");

    @ArchTest
    static final ArchRule nothingOutsideTheWorkflowsReachesInsideThem =
            inside("dev.cairn.workflow.internal..", "dev.cairn.workflow..");

    @ArchTest
    static final ArchRule nothingOutsideTheHttpSideReachesInsideIt =
            inside("dev.cairn.http.internal..", "dev.cairn.http..");

    @ArchTest
    static final ArchRule onlyTheServerKnowsTheJdksHttpServer =
            onlyIn("dev.cairn.http.internal.server", "com.sun.net.httpserver..");

    @ArchTest
    static final ArchRule onlyThePagesKnowTheirTemplates = onlyIn("dev.cairn.http.internal.page..", "gg.jte..");

    @ArchTest
    static final ArchRule onlyTheBindingKnowsJna = onlyIn("dev.cairn.engine.supervised", "com.sun.jna..");

    @ArchTest
    static final ArchRule onlyTheTriggersAndTheQuartzJobKnowQuartz = noClasses()
            .that()
            .resideOutsideOfPackages("dev.cairn.trigger", "dev.cairn.quartz")
            .should()
            .dependOnClassesThat()
            .resideInAPackage("org.quartz..");

    @ArchTest
    static final ArchRule onlyTheAirflowClientAndWebhooksKnowOkHttp = noClasses()
            .that()
            .resideOutsideOfPackages("dev.cairn.airflow", "dev.cairn.webhook", "dev.cairn.wire")
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
    static final ArchRule onlyTheStoreKnowsItsSqlLibrary = onlyIn("dev.cairn.schedule.store", "org.jdbi..");

    @ArchTest
    static final ArchRule onlyTheStoreKnowsItsDatabase = onlyIn("dev.cairn.schedule.store", "org.sqlite..");

    @ArchTest
    static final ArchRule onlyTheCommandLineKnowsPicocli = onlyIn("dev.cairn.cli..", "picocli..");

    /** Whatever walks a tree and deletes would have to think of links. */
    @ArchTest
    static final ArchRule onlyTreeRemovalDeletesTrees = noClasses()
            .that()
            .doNotHaveFullyQualifiedName(TreeRemoval.class.getName())
            .and(walkTrees())
            .should()
            .callMethodWhere(target(nameStartingWith("delete")));

    @ArchTest
    static final ArchRule nothingNeedsTheCommandLine = onlyIn("dev.cairn.cli..", "dev.cairn.cli..");

    private static DescribedPredicate<JavaClass> named(String name) {
        return describe(name, type -> type.getName().equals("dev.cairn." + name));
    }

    /** Nested classes belong to the file that they are in. */
    private static final class SourceFiles implements SliceAssignment {
        @Override
        public SliceIdentifier getIdentifierOf(JavaClass type) {
            return SliceIdentifier.of(type.getName().replaceAll("\\$.*", ""));
        }

        @Override
        public String getDescription() {
            return "source files";
        }
    }

    private static DescribedPredicate<JavaClass> walkTrees() {
        return describe(
                "walk trees",
                type -> type.isAssignableTo(FileVisitor.class)
                        || type.isAssignableTo(SecureDirectoryStream.class)
                        || type.getMethodCallsFromSelf().stream()
                                .map(JavaMethodCall::getTarget)
                                .anyMatch(called -> called.getOwner().isEquivalentTo(Files.class)
                                                && called.getName().matches("walk|walkFileTree|find")
                                        || called.getOwner().isEquivalentTo(SecureDirectoryStream.class)));
    }

    /** The tests of other modules are jars once those have been packaged. */
    static final class NoTestJars implements ImportOption {
        @Override
        public boolean includes(Location location) {
            return !location.contains("-tests.jar");
        }
    }

    /**
     * {@code Files.exists} and its like say "no" of what they cannot see. Those who may ask so only word a message, show a log, look for a
     * program as the shell does, or fail at the next call.
     */
    @ArchTest
    static final ArchRule absenceIsCertainWhereItIsActedUpon = noClasses()
            .that(areNone(
                    "files.DurableFiles",
                    "engine.supervised.NativeFiles",
                    "workflow.resolve.ScriptFiles",
                    "slurm.Commands",
                    "run.Cairn",
                    "run.internal.environment.JobVariables",
                    "airflow.config.Entry",
                    "airflow.config.SecretReference",
                    "airflow.step.StepLog",
                    "cli.daemon.BackgroundDaemon",
                    "cli.image.ImagePath",
                    "cli.run.ForegroundRun",
                    "cli.run.ProgramCheck",
                    "cli.run.RunCommand",
                    "cli.shared.WorkflowFiles",
                    "cli.terminal.LogFollower"))
            .should()
            .callMethodWhere(ofFiles("exists|notExists|isDirectory|isRegularFile|isReadable|isWritable|isExecutable"));

    /**
     * What is read is acted upon: it is read through {@code OrdinaryFile}, where whoever could have written it is judged. The others read
     * what the kernel says, programs of the step, logs to show, or what they have judged themselves.
     */
    @ArchTest
    static final ArchRule whatIsReadIsTrusted = noClasses()
            .that(areNone(
                    "files.Caller",
                    "files.OrdinaryFile",
                    "engine.PidScope",
                    "host.HostIdentity",
                    "host.Processes",
                    "host.Umask",
                    "run.internal.reuse.ContentDigest",
                    "run.internal.step.Fingerprint",
                    "run.internal.step.ScriptDigests",
                    "workflow.resolve.ScriptFiles",
                    "workflow.Workflows",
                    "tls.Trust",
                    "cli.daemon.BackgroundDaemon",
                    "cli.terminal.TerminalModes",
                    "cli.trial.MemoryLeft",
                    "cli.trial.OutputComparison"))
            .should()
            .callMethodWhere(ofFiles("readAllBytes|readAllLines|readString|lines|newInputStream|newBufferedReader"));

    private static DescribedPredicate<JavaClass> areNone(String... exceptions) {
        Set<String> names =
                Stream.of(exceptions).map(name -> "dev.cairn." + name).collect(Collectors.toSet());
        return describe(
                "are not " + names, type -> !names.contains(type.getName().replaceAll("\\$.*", "")));
    }

    private static DescribedPredicate<JavaCall<?>> ofFiles(String names) {
        return describe(
                "Files." + names,
                call -> call.getTarget().getOwner().isEquivalentTo(Files.class)
                        && call.getTarget().getName().matches(names));
    }

    /** Packages that only those of their own module may use. */
    private static ArchRule inside(String internal, String... module) {
        return noClasses()
                .that()
                .resideOutsideOfPackages(module)
                .should()
                .dependOnClassesThat()
                .resideInAPackage(internal);
    }

    private static ArchRule onlyIn(String owner, String api) {
        return noClasses()
                .that()
                .resideOutsideOfPackage(owner)
                .should()
                .dependOnClassesThat()
                .resideInAPackage(api);
    }
}
