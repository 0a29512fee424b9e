/** TLS settings of HTTP clients: which certificates they trust. */
@NullMarked
package dev.cairn.tls;

import org.jspecify.annotations.NullMarked;
