/**
 * Training and inference on Apache Spark. Every worker maps the frozen model; gradients of adapters
 * are all that travels between them.
 */
@NullMarked
package org.peft4j.spark;

import org.jspecify.annotations.NullMarked;
