package dev.cairn.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.openqa.selenium.By;
import org.openqa.selenium.Dimension;
import org.openqa.selenium.OutputType;
import org.openqa.selenium.StaleElementReferenceException;
import org.openqa.selenium.WebElement;
import org.openqa.selenium.chrome.ChromeDriver;
import org.openqa.selenium.chrome.ChromeDriverService;
import org.openqa.selenium.chrome.ChromeOptions;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** The main ways of a user through the pages, in a real browser: Debian's Chromium, which the class is skipped without. */
final class BrowserTest {
    private static final Path CHROMIUM = Path.of("/usr/bin/chromium");
    private static final Path DRIVER = Path.of("/usr/bin/chromedriver");
    private static final Path SCREENSHOTS = Path.of("target/screenshots");

    @TempDir
    static Path folder;

    private static CairnProcess daemon;
    private static ChromeDriver browser;
    private static String address;
    private static String token;

    @BeforeAll
    static void start() throws Exception {
        assumeTrue(Files.exists(CHROMIUM) && Files.exists(DRIVER), "chromium and chromium-driver are not installed");
        write("fails.yaml", """
                name: fails
                steps:
                  - id: before
                    run: echo prepared
                  - id: breaks
                    needs: before
                    run: test -e repaired || { echo the-cause >&2; exit 3; }; echo it-works
                """);
        write("counts.yaml", """
                name: counts
                schedule: {cron: "@yearly"}
                defaults: {checkpoint: {every: never}}
                steps:
                  - id: count
                    run: for i in $(seq 1 100); do echo line $i; sleep 0.05; done
                """);
        write("hostile.yaml", """
                name: "<script>document.title='taken'</script><img src=x onerror=alert(1)>"
                steps:
                  - id: s
                    run: |
                      printf '<script>document.title=\\"taken\\"</script>\\033[31mred\\033[0m\\n\\377\\376 not utf-8\\n'
                      head -c 1000000 /dev/zero | tr '\\0' x
                """);
        cairn("schedule", "add", "counts.yaml");
        daemon = CairnProcess.startDaemon(folder, environment(), "--http", "0");
        address = JsonMapper.shared()
                .readTree(cairn("daemon", "status", "--json").out())
                .path("http")
                .asString();
        token = cairn("daemon", "token").out().strip();
        Files.createDirectories(SCREENSHOTS);
        browser = new ChromeDriver(
                new ChromeDriverService.Builder()
                        .usingDriverExecutable(DRIVER.toFile())
                        .usingAnyFreePort()
                        .build(),
                new ChromeOptions()
                        .setBinary(CHROMIUM.toFile())
                        .addArguments(
                                "--headless=new",
                                "--no-sandbox",
                                "--disable-gpu",
                                "--disable-dev-shm-usage",
                                "--no-first-run",
                                "--lang=en"));
        browser.manage().timeouts().pageLoadTimeout(Duration.ofSeconds(30));
        logIn();
    }

    @AfterAll
    static void stop() throws Exception {
        if (browser != null) {
            browser.quit();
        }
        if (daemon != null) {
            daemon.signal("TERM");
            daemon.await();
            daemon.close();
        }
    }

    private static void write(String name, String text) throws Exception {
        Files.writeString(folder.resolve(name), text);
    }

    private static Map<String, String> environment() {
        return Map.of("XDG_STATE_HOME", folder.resolve("state").toString());
    }

    private static CairnProcess.Outcome cairn(String... words) throws Exception {
        return CairnProcess.run(folder, environment(), words);
    }

    private static String startRun(String file) throws Exception {
        HttpResponse<String> started = HttpClient.newHttpClient()
                .send(
                        HttpRequest.newBuilder(URI.create(address + "/api/v1/runs"))
                                .header("Authorization", "Bearer " + token)
                                .header("Content-Type", "application/json")
                                .POST(BodyPublishers.ofString(
                                        "{\"new\": true, \"file\": \"" + folder.resolve(file) + "\"}"))
                                .build(),
                        BodyHandlers.ofString());
        JsonNode run = JsonMapper.shared().readTree(started.body()).path("run");
        return run.path("id").asString();
    }

    private static void logIn() {
        browser.get(address + "/runs");
        find("#token").sendKeys(token);
        press("Log in");
        awaitText("h1", "Runs");
    }

    private static WebElement find(String css) {
        return browser.findElement(By.cssSelector(css));
    }

    private static void press(String button) {
        browser.findElement(By.xpath("//button[normalize-space()='" + button + "']"))
                .click();
    }

    /** Without a reload: the page has to change by itself. */
    private static void awaitText(String css, String text) {
        org.awaitility.Awaitility.await()
                .atMost(Duration.ofSeconds(20))
                .pollInterval(Duration.ofMillis(50))
                .ignoreException(StaleElementReferenceException.class)
                .untilAsserted(() -> assertThat(browser.findElements(By.cssSelector(css)).stream()
                                .map(WebElement::getText)
                                .toList())
                        .anyMatch(found -> found.contains(text)));
    }

    @Test
    void findsTheFailedRunSeesWhyResumesItAndWatchesItFinish() throws Exception {
        String run = startRun("fails.yaml");
        browser.get(address + "/runs?state=failed&name=fails");
        awaitText("#list", run);
        browser.findElement(By.linkText(run)).click();
        awaitText(".problem", "exit code 3");
        assertThat(find(".problem").getText()).contains("the-cause", "test -e repaired", "starts again");
        assertThat(find("#graph").getText()).contains("before", "breaks");
        check("run-failed");
        write("repaired", "");
        press("Resume");
        awaitText("#head .state", "succeeded");
        assertThat(browser.findElements(By.cssSelector(".problem"))).isEmpty();
    }

    @Test
    void pausesAndUnpausesAndWatchesThroughARestartOfTheDaemon() throws Exception {
        String run = startRun("counts.yaml");
        browser.get(address + "/runs/" + run);
        awaitText("pre.log", "line 3");
        press("Pause");
        awaitText("#head .state", "paused");
        check("run-paused");
        press("Unpause");
        awaitText("#head .state", "running");
        daemon.signal("KILL");
        daemon.await();
        daemon.close();
        awaitText("#connection", "cannot be reached");
        daemon = CairnProcess.startDaemon(
                folder,
                environment(),
                "--http",
                Integer.toString(URI.create(address).getPort()));
        awaitText("#head .state", "succeeded");
        awaitText("pre.log", "line 100");
        awaitText("#head dd", "from an image");
        List<String> lines = find("pre.log").getText().lines().toList();
        assertThat(lines).hasSize(100).doesNotHaveDuplicates();
    }

    @Test
    void previewsABackfillAndPausesASchedule() {
        browser.get(address + "/schedules");
        check("schedules");
        browser.executeScript("document.querySelector('[name=from]').value = '2020-01-01';"
                + "document.querySelector('[name=to]').value = '2021-01-01'");
        press("Preview backfill");
        awaitText("main", "2 runs would start");
        check("backfill");
        browser.findElement(By.linkText("Back")).click();
        press("Pause");
        awaitText("dd", "paused");
        press("Unpause");
        awaitText("button", "Pause");
    }

    @Test
    void showsHostileNamesAndLogsAsText() throws Exception {
        String run = startRun("hostile.yaml");
        browser.get(address + "/runs/" + run);
        awaitText("#head .state", "succeeded");
        awaitText("pre.log", "not utf-8");
        assertThat(find("pre.log").getText()).contains("</script>red").doesNotContain("\u001b");
        assertThat(browser.getTitle()).isEqualTo("Run " + run + " - Cairn");
        browser.get(address + "/runs");
        awaitText("#list", "onerror=alert(1)");
        assertThat(browser.getTitle()).isEqualTo("Runs - Cairn");
        check("runs");
        browser.get(address + "/host");
        check("host");
    }

    @Test
    void aWrongTokenAndAnEndedSessionLeadToTheLogin() {
        browser.manage().deleteAllCookies();
        browser.get(address + "/runs");
        find("#token").sendKeys("wrong");
        press("Log in");
        awaitText("[role=alert]", "not valid");
        check("login");
        logIn();
        browser.executeScript("return 1");
        browser.manage().getCookies().forEach(cookie -> {
            browser.manage().deleteCookie(cookie);
            browser.manage()
                    .addCookie(new org.openqa.selenium.Cookie(
                            cookie.getName(), cookie.getValue().replaceFirst("\\.\\d+\\.", ".1000000000.")));
        });
        browser.get(address + "/schedules");
        assertThat(browser.getCurrentUrl()).endsWith("/login");
        logIn();
    }

    /** Keeps pictures of a view, and finds what keeps people from using it. */
    private static void check(String view) {
        for (String scheme : List.of("light", "dark")) {
            browser.executeCdpCommand(
                    "Emulation.setEmulatedMedia",
                    Map.of("features", List.of(Map.of("name", "prefers-color-scheme", "value", scheme))));
            browser.manage().window().setSize(new Dimension(1280, 1000));
            keep(view + "-" + scheme);
            assertThat(violations()).as(view + ", " + scheme).isEmpty();
        }
        browser.manage().window().setSize(new Dimension(500, 900));
        keep(view + "-phone");
        assertThat((Boolean) browser.executeScript(
                        "return document.documentElement.scrollWidth <= document.documentElement.clientWidth"))
                .as(view + " is no wider than a phone")
                .isTrue();
        browser.manage().window().setSize(new Dimension(1280, 1000));
    }

    private static void keep(String name) {
        try {
            Files.write(SCREENSHOTS.resolve(name + ".png"), browser.getScreenshotAs(OutputType.BYTES));
        } catch (java.io.IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    private static List<?> violations() {
        browser.executeScript(axe());
        return (List<?>) browser.executeAsyncScript("""
                const done = arguments[arguments.length - 1];
                axe.run().then(found => done(found.violations.map(
                    one => one.id + ': ' + one.nodes.map(node => node.html + ' ' + node.failureSummary).join('; '))));
                """);
    }

    private static String axe() {
        try (InputStream in = Objects.requireNonNull(BrowserTest.class.getResourceAsStream("/axe.min.js"))) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        } catch (java.io.IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }
}
