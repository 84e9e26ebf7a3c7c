@NullMarked
package org.peft4j.transformers.internal.batch;

import org.jspecify.annotations.NullMarked;
