/** Several workers that train one adapter: processes of this machine, or tasks of Apache Spark. */
@NullMarked
package org.peft4j.cli.workers;

import org.jspecify.annotations.NullMarked;
