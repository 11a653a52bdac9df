/** Trains the network, and shows how it gets better: `npm start`. */
import { createNetworkTrainer, samples } from "./network.ts";

const UPDATES = 200;
const trainer = await createNetworkTrainer(1);
let correct = 0;
let seen = 0;
for (let update = 1; update <= UPDATES; update++) {
  const batch = samples(64, update);
  correct += trainer.step(batch).correct;
  seen += batch.count;
  if (update % 40 > 0) continue;
  console.log(
    `update ${String(update).padStart(3)}: ${((100 * correct) / seen).toFixed(1)} % of new samples are right`,
  );
  correct = seen = 0;
}
trainer.dispose();
