package dev.cairn.cli;

/** Starts the command line. */
public final class Main {
    private Main() {}

    public static void main(String[] args) {
        System.exit(new CommandTree(Console.ofProcess()).execute(args));
    }
}
