/** Durable files: written atomically, readable by their owner only, and trusted only if nobody else can write them. */
@NullMarked
package dev.cairn.files;

import org.jspecify.annotations.NullMarked;
