/** Reads named Airflow connections from {@code $CAIRN_HOME/config.yaml} and the environment. */
@NullMarked
package dev.cairn.airflow.config;

import org.jspecify.annotations.NullMarked;
