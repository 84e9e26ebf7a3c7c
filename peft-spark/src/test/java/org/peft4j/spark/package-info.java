@NullMarked
package org.peft4j.spark;

import org.jspecify.annotations.NullMarked;
