package dev.cairn.files;

import java.time.Instant;

/**
 * A runner cannot write its run down, and retries.
 *
 * @param reason as the operating system says it
 * @param since the first of the failures that have not been mended
 */
public record WriteFailure(String reason, Instant since) {}
