/** Commands that look into images. */
@NullMarked
package dev.cairn.cli.image;

import org.jspecify.annotations.NullMarked;
