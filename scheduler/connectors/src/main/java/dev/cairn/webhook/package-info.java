/** Posts notifications to webhooks: CloudEvents, signed as in Standard Webhooks. */
@NullMarked
package dev.cairn.webhook;

import org.jspecify.annotations.NullMarked;
