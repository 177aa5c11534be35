// analytics: which event goes where. README.md is the protocol.

import { on, onDisconnect, onSubscribe, onTimer } from "../pdk/assemblyscript/driplet";
import { view } from "./views";
import { beat, gone } from "./visitors";
import { admitWatcher, answerSnapshot, publishSnapshot } from "./snapshot";

on("analytics.view", view);
on("analytics.beat", beat);
on("analytics.snapshot", answerSnapshot);
onTimer("snapshot", publishSnapshot);
onSubscribe(admitWatcher);
onDisconnect(gone);
