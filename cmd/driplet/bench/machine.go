package bench

// spareDescriptors are for everything but connections and publishers.
const spareDescriptors = 32
