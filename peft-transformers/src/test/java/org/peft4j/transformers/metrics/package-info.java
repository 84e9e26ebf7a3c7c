@NullMarked
package org.peft4j.transformers.metrics;

import org.jspecify.annotations.NullMarked;
