/** The run folder and its documents: the manifest, and the state, attempts and images of each step. */
@NullMarked
package dev.cairn.run.manifest;

import org.jspecify.annotations.NullMarked;
