/** The connections to Airflow that a person has named, in {@code $CAIRN_HOME/config.yaml} and in the environment. */
@NullMarked
package dev.cairn.airflow.config;

import org.jspecify.annotations.NullMarked;
