// An article of our own writing, every statement in it fictional.

export const EXAMPLE = {
  title: "Port of Saltmarsh waits for the French frigates",
  text: `The French frigates that anchored off the Libyan port of Saltmarsh on Tuesday have split the town. Mayor Idris Benomar said the intervention had come “not a day too soon” and thanked Paris for keeping the harbour open.

His rival, the union leader Salma Haddad, told a crowd at the fish market that the foreign ships must leave. “Nobody here asked for them, and nobody here will be safer for them,” she said. The dockers’ union has called a strike for Friday.

France sent four ships and some 600 marines after the shelling of the coast road in May. The African Union condemned the deployment as a breach of Libya’s sovereignty. Italian officials welcomed it, and offered the use of an airfield on Lampedusa.

The catch of sardines was the best in ten years. Prices at the market fell by a third.

An intervention without an end date is a mistake that this region has paid for before. Yet without the frigates the grain convoys would not have reached the town at all.`,
};
