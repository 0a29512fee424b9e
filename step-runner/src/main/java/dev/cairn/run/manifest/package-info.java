/** The run folder and the documents in it: what a run is, and how far each of its steps has come. */
@NullMarked
package dev.cairn.run.manifest;

import org.jspecify.annotations.NullMarked;
