/** Posts what becomes of a run to an address: CloudEvents, signed as Standard Webhooks has it. */
@NullMarked
package dev.cairn.webhook;

import org.jspecify.annotations.NullMarked;
