package dev.cairn.cli.run;

import dev.cairn.cli.display.EventText;
import dev.cairn.cli.shared.Console;
import dev.cairn.cli.terminal.LocalTerminal;
import dev.cairn.cli.terminal.Signals;
import dev.cairn.cli.terminal.TerminalRelay;
import dev.cairn.engine.EngineException;
import dev.cairn.engine.TerminalChannel;
import dev.cairn.run.RunSession;
import dev.cairn.run.control.RunningStep;
import dev.cairn.run.event.RunEvent;
import java.io.IOException;
import java.util.Optional;

/**
 * Connects a command's own terminal to the user's, which is in raw mode meanwhile. A thread connects them again whenever the command is
 * restarted.
 */
final class TerminalView implements SessionView {
    private static final int CTRL_C = 3;
    private static final int CTRL_BRACKET = 0x1d;
    private static final int LOOK_EVERY_MILLIS = 20;

    private final RunSession session;
    private final TailedView output;
    private final Console console;
    private final Signals signals;
    private final boolean keepsCtrlC;
    private final TerminalRelay relay;
    private final LocalTerminal.Raw raw;
    private final Thread thread = new Thread(this::joinEach, "terminal");
    private volatile boolean ended;

    /**
     * @param keepsCtrlC whether Ctrl-C always goes to the command; otherwise only if the command reads keys. Ctrl-]
     *     always goes to Cairn
     */
    TerminalView(
            RunSession session,
            TailedView output,
            Console console,
            Signals signals,
            boolean keepsCtrlC,
            LocalTerminal.Raw raw) {
        this.session = session;
        this.output = output;
        this.console = console;
        this.signals = signals;
        this.keepsCtrlC = keepsCtrlC;
        this.relay = new TerminalRelay(this::isOurs);
        this.raw = raw;
        Signals.onResize(() -> relay.resize(LocalTerminal.size()));
        relay.carryInput(System.in);
        thread.setDaemon(true);
        thread.start();
    }

    private boolean isOurs(int key) {
        boolean ours = key == CTRL_BRACKET || key == CTRL_C && !keepsCtrlC && !commandReadsKeys();
        if (ours) {
            signals.send(Signals.Stop.INTERRUPT);
        }
        return ours;
    }

    /** Whether the command reads Ctrl-C as a key, for example an editor. */
    private boolean commandReadsKeys() {
        try {
            Optional<RunningStep> step = session.command();
            return step.isPresent() && step.get().status().rawTerminal();
        } catch (EngineException notRunning) {
            return false;
        } catch (InterruptedException letGo) {
            Thread.currentThread().interrupt();
            return false;
        }
    }

    private void joinEach() {
        RunningStep last = null;
        try {
            while (!ended) {
                Optional<RunningStep> step = session.command();
                if (step.isPresent() && step.get() != last) {
                    last = step.get();
                    join(last);
                } else {
                    Thread.sleep(LOOK_EVERY_MILLIS);
                }
            }
        } catch (InterruptedException letGo) {
            Thread.currentThread().interrupt();
        }
    }

    private void join(RunningStep step) throws InterruptedException {
        try (TerminalChannel channel = step.running().attachTerminal()) {
            output.rejoin();
            relay.join(channel, LocalTerminal.size());
        } catch (EngineException notStarted) {
            // the run says why
        } catch (IOException gone) {
            say("cairn: what is typed cannot be carried to the command: " + gone.getMessage());
        }
    }

    @Override
    public void on(RunEvent event) {
        EventText.besideOutput(event).ifPresent(words -> say("cairn: " + words));
    }

    /** On a raw terminal, a line feed does not return the cursor to the first column. */
    @Override
    public void say(String line) {
        console.err().print("\r\n" + line + "\r\n");
        console.err().flush();
    }

    @Override
    public void close() throws IOException {
        ended = true;
        try {
            output.close();
        } finally {
            raw.close();
        }
    }
}
