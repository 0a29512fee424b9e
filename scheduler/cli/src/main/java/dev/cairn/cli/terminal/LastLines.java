package dev.cairn.cli.terminal;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Path;

/** Finds the start of the last lines of a file, reading backwards. */
public final class LastLines {
    private static final int BLOCK = 8192;

    private LastLines() {}

    /** The offset at which the last lines begin; for zero lines, the end of the file. */
    public static long offset(Path path, int lines) throws IOException {
        try (RandomAccessFile file = new RandomAccessFile(path.toFile(), "r")) {
            long end = file.length();
            if (lines == 0) {
                return end;
            }
            byte[] block = new byte[BLOCK];
            int seen = 0;
            // the newline at the end of the file begins no further line
            for (long blockEnd = end - 1; blockEnd > 0; blockEnd -= BLOCK) {
                long start = Math.max(0, blockEnd - BLOCK);
                int length = (int) (blockEnd - start);
                file.seek(start);
                file.readFully(block, 0, length);
                for (int at = length - 1; at >= 0; at--) {
                    if (block[at] == '\n' && ++seen == lines) {
                        return start + at + 1;
                    }
                }
            }
            return 0;
        }
    }
}
