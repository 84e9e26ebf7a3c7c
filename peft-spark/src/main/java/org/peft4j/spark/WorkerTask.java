package org.peft4j.spark;

import java.io.IOException;
import java.io.Serializable;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.apache.spark.BarrierTaskContext;
import org.peft4j.train.parallel.WorkerDoor;
import org.peft4j.train.parallel.WorkerRing;
import org.peft4j.train.parallel.Workers;
import scala.Tuple2;
import scala.collection.Iterator;
import scala.jdk.javaapi.CollectionConverters;
import scala.runtime.AbstractFunction1;

/** A task of the barrier stage: joins the other workers, and does the job. */
final class WorkerTask<T, R> extends AbstractFunction1<Iterator<T>, Iterator<Tuple2<Long, R>>>
    implements Serializable {
  private static final long serialVersionUID = 1L;

  private final WorkerJob<T, R> job;
  private final byte[] secret;
  private final long patience;
  private final WorkerCounts counts;

  WorkerTask(WorkerJob<T, R> job, byte[] secret, long patience, WorkerCounts counts) {
    this.job = job;
    this.secret = secret.clone();
    this.patience = patience;
    this.counts = counts;
  }

  @Override
  public Iterator<Tuple2<Long, R>> apply(Iterator<T> rows) {
    BarrierTaskContext context = BarrierTaskContext.get();
    List<T> own = new ArrayList<>();
    CollectionConverters.asJava(rows).forEachRemaining(own::add);
    try (Workers workers = join(context)) {
      R result = job.run(new SparkWorker<>(workers, own, context.stageAttemptNumber(), counts));
      long rank = workers.rank();
      return CollectionConverters.asScala(List.of(new Tuple2<>(rank, result)).iterator());
    } catch (RuntimeException e) {
      throw e;
    } catch (Exception e) {
      throw new IllegalStateException(e);
    }
  }

  private Workers join(BarrierTaskContext context) throws IOException {
    int rank = context.partitionId();
    InetAddress here = SparkWorkers.address(context.getTaskInfos()[rank].address());
    if (context.getTaskInfos().length == 1) {
      return Workers.alone();
    }
    try (WorkerDoor door = WorkerDoor.open(here)) {
      List<InetSocketAddress> addresses = new ArrayList<>();
      for (String address : context.allGather(here.getHostAddress() + ":" + door.port())) {
        int colon = address.lastIndexOf(':');
        addresses.add(
            new InetSocketAddress(
                address.substring(0, colon), Integer.parseInt(address.substring(colon + 1))));
      }
      return WorkerRing.join(door, rank, addresses, secret, Duration.ofMillis(patience));
    }
  }
}
