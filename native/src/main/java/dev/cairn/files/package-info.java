/** Durable files: written atomically, readable only by their owner, and trusted only if nobody else can write them. */
@NullMarked
package dev.cairn.files;

import org.jspecify.annotations.NullMarked;
