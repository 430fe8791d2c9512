// The word lists of the TPC-H specification: clause 4.2.2.13 (types, containers, segments,
// priorities, instructions, modes, nations and the words of the text grammar) and clause 4.2.3 (the
// colours of part names).
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace lathe::tpch {

/// A word of the text grammar and how often it comes, relative to the others of its list.
struct WeightedWord {
  std::string_view word;
  int weight;
};

std::span<const WeightedWord> Nouns();
std::span<const WeightedWord> Verbs();
std::span<const WeightedWord> Adjectives();
std::span<const WeightedWord> Adverbs();
std::span<const WeightedWord> Prepositions();
std::span<const WeightedWord> Auxiliaries();
std::span<const WeightedWord> Terminators();

inline constexpr std::string_view kRegions[] = {"AFRICA", "AMERICA", "ASIA", "EUROPE",
                                                "MIDDLE EAST"};

/// A nation's name and the key of its region; its own key is its place in the list.
struct NationName {
  std::string_view name;
  int32_t regionkey;
};
inline constexpr NationName kNations[] = {
    {"ALGERIA", 0},      {"ARGENTINA", 1}, {"BRAZIL", 1}, {"CANADA", 1},
    {"EGYPT", 4},        {"ETHIOPIA", 0},  {"FRANCE", 3}, {"GERMANY", 3},
    {"INDIA", 2},        {"INDONESIA", 2}, {"IRAN", 4},   {"IRAQ", 4},
    {"JAPAN", 2},        {"JORDAN", 4},    {"KENYA", 0},  {"MOROCCO", 0},
    {"MOZAMBIQUE", 0},   {"PERU", 1},      {"CHINA", 2},  {"ROMANIA", 3},
    {"SAUDI ARABIA", 4}, {"VIETNAM", 2},   {"RUSSIA", 3}, {"UNITED KINGDOM", 3},
    {"UNITED STATES", 1}};

/// The words of part names.
inline constexpr std::string_view kColors[] = {
    "almond",   "antique",   "aquamarine", "azure",      "beige",     "bisque",    "black",
    "blanched", "blue",      "blush",      "brown",      "burlywood", "burnished", "chartreuse",
    "chiffon",  "chocolate", "coral",      "cornflower", "cornsilk",  "cream",     "cyan",
    "dark",     "deep",      "dim",        "dodger",     "drab",      "firebrick", "floral",
    "forest",   "frosted",   "gainsboro",  "ghost",      "goldenrod", "green",     "grey",
    "honeydew", "hot",       "indian",     "ivory",      "khaki",     "lace",      "lavender",
    "lawn",     "lemon",     "light",      "lime",       "linen",     "magenta",   "maroon",
    "medium",   "metallic",  "midnight",   "mint",       "misty",     "moccasin",  "navajo",
    "navy",     "olive",     "orange",     "orchid",     "pale",      "papaya",    "peach",
    "peru",     "pink",      "plum",       "powder",     "puff",      "purple",    "red",
    "rose",     "rosy",      "royal",      "saddle",     "salmon",    "sandy",     "seashell",
    "sienna",   "sky",       "slate",      "smoke",      "snow",      "spring",    "steel",
    "tan",      "thistle",   "tomato",     "turquoise",  "violet",    "wheat",     "white",
    "yellow"};

inline constexpr std::string_view kTypeSizes[] = {"STANDARD", "SMALL",   "MEDIUM",
                                                  "LARGE",    "ECONOMY", "PROMO"};
inline constexpr std::string_view kTypeFinishes[] = {"ANODIZED", "BURNISHED", "PLATED", "POLISHED",
                                                     "BRUSHED"};
inline constexpr std::string_view kTypeMetals[] = {"TIN", "NICKEL", "BRASS", "STEEL", "COPPER"};

inline constexpr std::string_view kContainerSizes[] = {"SM", "LG", "MED", "JUMBO", "WRAP"};
inline constexpr std::string_view kContainerKinds[] = {"CASE", "BOX",  "BAG", "JAR",
                                                       "PKG",  "PACK", "CAN", "DRUM"};

inline constexpr std::string_view kSegments[] = {"AUTOMOBILE", "BUILDING", "FURNITURE", "MACHINERY",
                                                 "HOUSEHOLD"};
inline constexpr std::string_view kPriorities[] = {"1-URGENT", "2-HIGH", "3-MEDIUM",
                                                   "4-NOT SPECIFIED", "5-LOW"};
inline constexpr std::string_view kInstructions[] = {"DELIVER IN PERSON", "COLLECT COD", "NONE",
                                                     "TAKE BACK RETURN"};
inline constexpr std::string_view kModes[] = {"REG AIR", "AIR",  "RAIL", "SHIP",
                                              "TRUCK",   "MAIL", "FOB"};

}  // namespace lathe::tpch
