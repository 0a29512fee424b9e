/** Rules for every HTTP client of Cairn: bounded responses, and a warning before a secret is sent in clear text. */
@NullMarked
package dev.cairn.wire;

import org.jspecify.annotations.NullMarked;
