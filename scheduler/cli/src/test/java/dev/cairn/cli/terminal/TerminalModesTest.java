package dev.cairn.cli.terminal;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class TerminalModesTest {
    private static final TerminalModes SHELL = new TerminalModes();

    @ParameterizedTest
    @CsvSource({
        "E[?1049h, E[?1049l",
        "E[?47h, E[?47l",
        "E[?25l, E[?25h",
        "E=, E>",
        "E[?1h, E[?1l",
        "E[?1000;1002;1006h, E[?1000lE[?1002lE[?1006l",
        "E[?2004h, E[?2004l",
        "E[?12;25l, E[?25h",
        "EE[?1049h, E[?1049l",
        "E[31mE[?1049htextE[0m, E[?1049l",
    })
    void putsBackWhatAProgramHasSet(String written, String back) {
        assertThat(written(written).to(SHELL)).isEqualTo(text(back));
    }

    @ParameterizedTest
    @CsvSource({
        "text",
        "E[?1049hE[?25lE=E>E[?25hE[?1049l",
        "E[?1049hE[?47l",
        "E[?1049hE[?25lEc",
        "E[?12h",
        "E[25l",
        "E[?1049 h",
        "[?1049h",
        "E[?1049$p",
        "E(=",
    })
    void doesNothingWhereNothingIsLeftSet(String written) {
        assertThat(written(written).to(SHELL)).isEmpty();
    }

    @ParameterizedTest
    @CsvSource({"E[?1049hE[?25lE=", "E[?1002;1006h", "E[?47h"})
    void setsAgainWhatAProgramHadSet(String written) {
        TerminalModes wanted = written(written);
        TerminalModes again = new TerminalModes();
        scan(again, SHELL.to(wanted));
        assertThat(again.to(wanted)).isEmpty();
        assertThat(again.to(SHELL)).isNotEmpty().isEqualTo(wanted.to(SHELL));
    }

    @Test
    void recognisesASequenceThatComesInPieces() {
        String whole = text("a\u00e9E[?1049;2004hb");
        for (int cut = 0; cut <= whole.length(); cut++) {
            TerminalModes modes = new TerminalModes();
            scan(modes, whole.substring(0, cut));
            scan(modes, whole.substring(cut));
            assertThat(modes.to(SHELL)).as("cut at %d", cut).isEqualTo(text("E[?1049lE[?2004l"));
        }
    }

    @Test
    void goesOnInTheMiddleOfASequence() {
        TerminalModes terminal = new TerminalModes();
        scan(terminal, SHELL.to(written("E[?1hE[?10")));
        scan(terminal, "49h");
        assertThat(terminal.to(SHELL)).isEqualTo(text("E[?1lE[?1049l"));
    }

    private static TerminalModes written(String readable) {
        TerminalModes modes = new TerminalModes();
        scan(modes, text(readable));
        return modes;
    }

    private static void scan(TerminalModes modes, String text) {
        byte[] bytes = text.getBytes(UTF_8);
        modes.scan(bytes, 0, bytes.length);
    }

    private static String text(String readable) {
        return readable.replace('E', '\33');
    }
}
