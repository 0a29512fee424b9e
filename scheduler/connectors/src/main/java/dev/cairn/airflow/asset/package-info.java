/** Posts an Airflow asset event when a run has succeeded. */
@NullMarked
package dev.cairn.airflow.asset;

import org.jspecify.annotations.NullMarked;
