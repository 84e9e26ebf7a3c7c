@NullMarked
package org.peft4j.train.internal.batch;

import org.jspecify.annotations.NullMarked;
