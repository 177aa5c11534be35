// chat: who may come in, and which event goes where. README.md is the protocol.

import { on, onSubscribe, onUnsubscribe, onDisconnect, onTimer } from "../pdk/assemblyscript/driplet";
import { admitMember, enter, left, disconnected, sweep } from "./members";
import { send, typing } from "./messages";
import { remove, kick } from "./moderation";
import { rooms } from "./rooms";

onSubscribe(admitMember);
onUnsubscribe(left);
onDisconnect(disconnected);
onTimer("sweep", sweep);
on("chat.enter", enter);
on("chat.send", send);
on("chat.typing", typing);
on("chat.delete", remove);
on("chat.kick", kick);
on("chat.rooms", rooms);
