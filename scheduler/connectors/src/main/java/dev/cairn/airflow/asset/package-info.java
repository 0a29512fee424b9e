/** Tells an Airflow that a run has succeeded, by an event of an asset. */
@NullMarked
package dev.cairn.airflow.asset;

import org.jspecify.annotations.NullMarked;
