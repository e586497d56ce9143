#include "core/base/training_options.h"

#include "core/base/option_builders.h"

namespace diapason {
const std::vector<OptionDescriptor>& training_options() {
    using namespace option;
    static const std::vector<OptionDescriptor> options = [] {
        std::vector<OptionDescriptor> list;
        list.push_back(in_units(integer("steps", "Steps", 200, 1, 10'000'000, "Updates of the optimiser."), "updates"));
        list.push_back(
            in_units(integer("batch_size", "Batch size", 16, 1, 65536, "Examples per micro-batch."), "examples"));
        list.push_back(
            real("learning_rate", "Learning rate", 0, 0, 100, "Peak learning rate; 0 = the method's default."));
        list.push_back(choice("schedule", "Schedule", "linear",
                              {{"constant", "constant", "Stays at the peak."},
                               {"linear", "linear", "Falls linearly to zero at the last step."},
                               {"cosine", "cosine", "Falls along half a cosine to zero at the last step."}},
                              "How the learning rate changes after the warm-up."));
        list.push_back(real("warmup_fraction", "Warm-up", 0.06, 0, 1,
                            "Share of the steps over which the learning rate rises from zero.",
                            "0.06 as in He et al. 2022"));
        list.push_back(in_units(integer("evaluate_every", "Evaluate every", 20, 0, 10'000'000,
                                        "Steps between evaluations on the validation split; 0 = only at the end."),
                                "updates"));
        list.push_back(choice("select", "Select", "best",
                              {{"best", "best on validation",
                                "The step with the best primary metric; the earliest if several are equal."},
                               {"last", "last", "The last step."}},
                              "Which step is tested."));
        list.push_back(real("weight_decay", "Weight decay", 0.01, 0, 10,
                            "Decoupled decay per update, multiplied by the learning rate.",
                            "Loshchilov and Hutter 2019"));
        list.push_back(
            real("clip_norm", "Clip norm", 1.0, 0, 1e6, "Gradients are scaled down to this L2 norm; 0 = off."));
        list.push_back(
            advanced(real("beta1", "β₁", 0.9, 0, 0.999999, "Decay of the first moment.", "Kingma and Ba 2015")));
        list.push_back(
            advanced(real("beta2", "β₂", 0.999, 0, 0.999999999, "Decay of the second moment.", "Kingma and Ba 2015")));
        list.push_back(
            advanced(real("epsilon", "ε", 1e-8, 0, 1, "Added outside the square root.", "as torch.optim.AdamW")));
        list.push_back(advanced(in_units(
            integer("accumulation", "Accumulation", 1, 1, 4096, "Micro-batches per update."), "micro-batches")));
        list.push_back(advanced(choice(
            "loss_normaliser", "Loss normaliser", "per_label",
            {{"per_label", "per label", "Sum over all labels of an update divided by their number."},
             {"per_example", "per example", "Sum over all labels of an update divided by its number of examples."}},
            "What the summed loss of an update is divided by; changes the effective learning rate of generation "
            "tasks.")));
        list.push_back(
            choice("answers", "Answers", "head",
                   {{"head", "by a head", "A linear head over a pooled row, trained with the method."},
                    {"words", "in words",
                     "The language model's own head: the class whose words are most probable in the task's question."}},
                   "How a classification task is answered; prompting methods always answer in words."));
        list.push_back(flag("backbone_dropout", "Backbone dropout", false,
                            "Dropout inside the backbone while training, with the probabilities of its config.json.",
                            "off: Li and Liang 2021; on: HF Trainer, PEFT"));
        list.push_back(advanced(
            choice("compute", "Products in", "float32",
                   {{"float32", "float32", "Weights stored in 16 bits are widened as they are used."},
                    {"bfloat16", "bfloat16",
                     "Frozen weights are kept in bfloat16, at half the size; trained weights, sums and everything else "
                     "stay in float32. Faster where the processor multiplies in bfloat16, slower elsewhere."}},
                   "Number format of the products with the backbone's weights.", "Micikevicius et al. 2018")));
        list.push_back(advanced(in_units(integer("max_tokens", "Longest input", 0, 0, 65536,
                                                 "Inputs are cut to this many tokens; 0 = the task's own limit."),
                                         "tokens")));
        list.push_back(advanced(in_units(integer("max_train_items", "Training examples", 0, 0, 1e9,
                                                 "Use only so many examples of the training split; 0 = all."),
                                         "examples")));
        list.push_back(
            advanced(in_units(integer("max_evaluation_items", "Validation examples", 0, 0, 1e9,
                                      "Validate on so many examples only, while training and at its end; 0 = all."),
                              "examples")));
        list.push_back(advanced(choice(
            "sample", "Sample", "first",
            {{"first", "the first", "In the order of the file."},
             {"random", "at random", "In a random order: of fewer examples than all, others for each seed."},
             {"balanced", "as many of each class", "By turns one of each class, at random within it."}},
            "Which examples are used to train and to validate, where not all are. Samples are nested: the 50 are among "
            "the 100.",
            "low-data settings: Li and Liang 2021")));
        list.push_back(advanced(integer("sample_seed", "Seed of the sample", 1, 0, 1e9,
                                        "Which of the random samples; the seeds of a study do not change it.")));
        list.push_back(
            advanced(in_units(integer("max_test_items", "Test examples", 0, 0, 1e9,
                                      "Test, also out of the domain, on the first examples only; 0 = all. Tables say "
                                      "on how many."),
                              "examples")));
        return list;
    }();
    return options;
}

} // namespace diapason
