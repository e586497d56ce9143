#include "ui/design/design_page.h"

#include "core/base/error.h"
#include "core/base/format.h"
#include "core/base/training_options.h"
#include "core/data/task.h"
#include "experiments/cost.h"
#include "ui/theme/icons.h"
#include "ui/theme/theme.h"

#include <QHeaderView>
#include <QScrollArea>
#include <QSplitter>
#include <QThread>
#include <QVBoxLayout>

#include <algorithm>
#include <set>

namespace diapason::ui {
namespace {

QLabel* label(const char* role, const QString& text = {}) {
    auto* widget = new QLabel(text);
    widget->setProperty("role", QLatin1String(role));
    widget->setWordWrap(true);
    return widget;
}

QScrollArea* scrolling(QWidget* content) {
    auto* area = new QScrollArea;
    area->setWidget(content);
    area->setWidgetResizable(true);
    area->setFrameShape(QFrame::NoFrame);
    area->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    return area;
}

void setValue(Json& object, const QString& name, const Json& value) {
    object[name.toStdString()] = value;
}

void setLevels(std::vector<Factor>& factors, const std::string& address, const std::vector<Json>& levels) {
    const auto found =
        std::find_if(factors.begin(), factors.end(), [&](const Factor& factor) { return factor.address == address; });
    if (levels.empty()) {
        if (found != factors.end()) factors.erase(found);
    } else if (found != factors.end()) {
        found->levels = levels;
    } else {
        factors.push_back({address, levels});
    }
}

// The section that a problem's field belongs to.
int sectionOf(const std::string& field) {
    if (field.rfind("backbone", 0) == 0) return 0;
    if (field.rfind("task", 0) == 0) return 1;
    if (field.rfind("methods", 0) == 0 || field.rfind("exclude", 0) == 0 || field.rfind("baseline", 0) == 0) return 2;
    return 3;
}

// The learning-rate row of a method's own training: the one that must differ between methods to be fair.
std::vector<OptionDescriptor> ownTraining() {
    std::vector<OptionDescriptor> own;
    for (const OptionDescriptor& option : training_options()) {
        if (option.name == "learning_rate") own.push_back(option);
    }
    return own;
}

} // namespace

DesignPage::DesignPage(Workspace& workspace, QWidget* parent)
    : Page(parent),
      m_workspace(workspace),
      m_arms(new ArmsModel(this)) {
    auto* splitter = new QSplitter;
    splitter->setObjectName(QStringLiteral("designSplitter"));
    splitter->setHandleWidth(1);
    splitter->addWidget(buildSections());
    splitter->addWidget(buildCentre());
    splitter->setStretchFactor(1, 1);
    splitter->setSizes({210, 1000});
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->addWidget(splitter);
    auto* go = new QAction(tr("Pre-flight"), this);
    go->setShortcut(QKeySequence(QStringLiteral("Ctrl+R")));
    connect(go, &QAction::triggered, this, [this] { m_sections->setCurrentRow(PreflightSection); });
    m_actions = {go};
    connect(&m_workspace, &Workspace::designChanged, this, &DesignPage::reload);
    connect(&m_workspace, &Workspace::sessionStarted, this, &DesignPage::reload);
    connect(&m_workspace, &Workspace::sessionEnded, this, &DesignPage::reload);
    connect(&m_workspace, &Workspace::databaseChanged, this, &DesignPage::reload);
    m_sections->setCurrentRow(MethodsSection);
    reload();
}

QWidget* DesignPage::buildSections() {
    auto* side = new QFrame;
    side->setObjectName(QStringLiteral("side"));
    side->setMinimumWidth(180);
    auto* layout = new QVBoxLayout(side);
    layout->setContentsMargins(0, 8, 0, 8);
    auto* top = new QVBoxLayout;
    top->setContentsMargins(12, 0, 12, 4);
    top->addWidget(label("heading", tr("Study design")));
    m_name = new QLineEdit;
    m_name->setAccessibleName(tr("Name of the study"));
    top->addWidget(m_name);
    layout->addLayout(top);
    m_sections = new QListWidget;
    m_sections->setObjectName(QStringLiteral("sections"));
    m_sections->setAccessibleName(tr("Sections of the design"));
    m_sections->setStyleSheet(QStringLiteral("background: transparent"));
    m_sections->setWordWrap(true);
    m_sections->setSpacing(2);
    for (int i = 0; i < SectionCount; ++i)
        m_sections->addItem(QString());
    layout->addWidget(m_sections, 1);
    auto* bottom = new QVBoxLayout;
    bottom->setContentsMargins(12, 0, 12, 0);
    auto* paired =
        label("secondary", tr("Seeds and data order are shared by all arms, so every difference is paired."));
    bottom->addWidget(paired);
    m_go = new QPushButton(tr("Pre-flight and start"));
    bottom->addWidget(m_go);
    layout->addLayout(bottom);
    connect(m_name, &QLineEdit::editingFinished, this, [this] {
        if (m_name->text().toStdString() != m_workspace.design().title)
            edit(tr("rename"), [this](Study& study) { study.title = m_name->text().toStdString(); });
    });
    connect(m_sections, &QListWidget::currentRowChanged, this, [this](int row) {
        if (row >= 0) m_stack->setCurrentIndex(row);
    });
    connect(m_go, &QPushButton::clicked, this, [this] { m_sections->setCurrentRow(PreflightSection); });
    return side;
}

QWidget* DesignPage::buildCentre() {
    auto* splitter = new QSplitter(Qt::Vertical);
    splitter->setObjectName(QStringLiteral("designArms"));
    splitter->setHandleWidth(1);
    m_stack = new QStackedWidget;
    m_stack->addWidget(buildBackbone());
    m_stack->addWidget(buildTask());
    m_stack->addWidget(buildMethods());
    m_stack->addWidget(buildSeeds());
    m_stack->addWidget(buildPreflight());
    splitter->addWidget(m_stack);
    auto* arms = new QWidget;
    auto* layout = new QVBoxLayout(arms);
    layout->setContentsMargins(0, 4, 0, 0);
    layout->setSpacing(4);
    m_armsTitle = label("heading");
    m_armsTitle->setContentsMargins(12, 0, 12, 0);
    layout->addWidget(m_armsTitle);
    m_table = new QTableView;
    m_table->setModel(m_arms);
    m_table->setObjectName(QStringLiteral("arms"));
    m_table->setAccessibleName(tr("Arms and their counts"));
    m_table->verticalHeader()->hide();
    m_table->verticalHeader()->setDefaultSectionSize(rowHeight);
    m_table->setShowGrid(false);
    m_table->setSelectionBehavior(QAbstractItemView::SelectRows);
    m_table->setTabKeyNavigation(false);
    m_table->horizontalHeader()->setSectionResizeMode(ArmsModel::Label, QHeaderView::Stretch);
    for (int column = 1; column < ArmsModel::ColumnCount; ++column)
        m_table->horizontalHeader()->setSectionResizeMode(column, QHeaderView::ResizeToContents);
    layout->addWidget(m_table, 1);
    splitter->addWidget(arms);
    splitter->setStretchFactor(0, 1);
    splitter->setSizes({520, 260});
    return splitter;
}

QWidget* DesignPage::buildBackbone() {
    auto* page = new QWidget;
    auto* layout = new QHBoxLayout(page);
    m_backbones = new QListWidget;
    m_backbones->setAccessibleName(tr("Backbones"));
    for (const BackboneEntry& entry : list_backbones())
        m_backbones->addItem(qs(entry.name));
    m_backboneText = label("");
    m_backboneText->setAlignment(Qt::AlignTop);
    m_backboneText->setTextInteractionFlags(Qt::TextSelectableByMouse);
    layout->addWidget(m_backbones, 1);
    layout->addWidget(m_backboneText, 2);
    connect(m_backbones, &QListWidget::currentTextChanged, this, [this](const QString& name) {
        if (!m_loading && !name.isEmpty())
            edit(tr("backbone %1").arg(name), [&](Study& study) { study.backbone = name.toStdString(); });
    });
    return page;
}

QWidget* DesignPage::buildTask() {
    auto* page = new QWidget;
    auto* layout = new QHBoxLayout(page);
    m_tasks = new QListWidget;
    m_tasks->setAccessibleName(tr("Tasks"));
    try {
        for (const Task& task : list_tasks())
            m_tasks->addItem(qs(task.id));
    } catch (const Error&) { // pre-flight names what is wrong with the study's own task
    }
    m_taskText = label("");
    m_taskText->setAlignment(Qt::AlignTop);
    layout->addWidget(m_tasks, 1);
    layout->addWidget(m_taskText, 2);
    connect(m_tasks, &QListWidget::currentTextChanged, this, [this](const QString& id) {
        if (!m_loading && !id.isEmpty())
            edit(tr("task %1").arg(id), [&](Study& study) { study.task = id.toStdString(); });
    });
    return page;
}

QWidget* DesignPage::buildMethods() {
    auto* splitter = new QSplitter;
    splitter->setObjectName(QStringLiteral("methodsSplitter"));
    splitter->setHandleWidth(1);
    auto* left = new QWidget;
    auto* leftLayout = new QVBoxLayout(left);
    auto* bar = new QHBoxLayout;
    m_add = new QComboBox;
    m_add->setAccessibleName(tr("Add a method"));
    m_add->addItem(tr("Add method…"));
    for (const MethodInfo& method : method_catalog())
        m_add->addItem(qs(method.label), qs(method.id));
    auto* remove = new QPushButton(icon(QStringLiteral("trash")), tr("Remove"));
    bar->addWidget(m_add, 1);
    bar->addWidget(remove);
    leftLayout->addLayout(bar);
    m_methods = new QListWidget;
    m_methods->setObjectName(QStringLiteral("methods"));
    m_methods->setAccessibleName(tr("Methods of the study"));
    m_methods->setMaximumHeight(130);
    leftLayout->addWidget(m_methods);
    m_block = new BlockView;
    leftLayout->addWidget(m_block, 1);
    splitter->addWidget(left);
    auto* right = new QWidget;
    auto* rightLayout = new QVBoxLayout(right);
    m_formula = label("");
    m_options = new OptionForm;
    m_methodTraining = new OptionForm;
    m_counts = label("secondary");
    rightLayout->addWidget(m_formula);
    rightLayout->addWidget(m_options);
    rightLayout->addWidget(m_methodTraining);
    rightLayout->addWidget(m_counts);
    rightLayout->addStretch();
    auto* area = scrolling(right);
    area->setMinimumWidth(280);
    splitter->addWidget(area);
    splitter->setStretchFactor(0, 1);
    splitter->setSizes({700, 340});
    connect(m_add, &QComboBox::activated, this, [this](int index) {
        if (index == 0) return;
        const std::string id = m_add->itemData(index).toString().toStdString();
        m_add->setCurrentIndex(0);
        edit(tr("add %1").arg(qs(method_info(id).label)), [&](Study& study) {
            study.methods.push_back({id, Json::object(), Json::object(), {}});
        });
        m_methods->setCurrentRow(m_methods->count() - 1);
    });
    connect(remove, &QPushButton::clicked, this, [this] {
        const int row = m_methods->currentRow();
        if (row < 0) return;
        edit(tr("remove %1").arg(m_methods->item(row)->text()),
             [&](Study& study) { study.methods.erase(study.methods.begin() + row); });
    });
    connect(m_methods, &QListWidget::currentRowChanged, this, [this] {
        if (m_loading) return;
        reloadMethodForm();
        reloadDrawing();
    });
    connect(m_options, &OptionForm::valueChanged, this, [this](const QString& name, const Json& value) {
        edit(tr("change %1").arg(name), [&](Study& study) { setValue(selectedMethod(study)->options, name, value); });
    });
    connect(m_options, &OptionForm::levelsChanged, this, [this](const QString& name, const std::vector<Json>& levels) {
        edit(levels.empty() ? tr("stop varying %1").arg(name) : tr("vary %1").arg(name),
             [&](Study& study) { setLevels(selectedMethod(study)->vary, name.toStdString(), levels); });
    });
    connect(m_methodTraining, &OptionForm::valueChanged, this, [this](const QString& name, const Json& value) {
        edit(tr("change %1").arg(name), [&](Study& study) { setValue(selectedMethod(study)->training, name, value); });
    });
    return splitter;
}

QWidget* DesignPage::buildSeeds() {
    auto* page = new QWidget;
    auto* layout = new QVBoxLayout(page);
    layout->setContentsMargins(16, 12, 16, 12);
    layout->addWidget(label("heading", tr("Seeds")));
    m_seeds = new QLineEdit;
    m_seeds->setAccessibleName(tr("Seeds"));
    m_seeds->setMaximumWidth(320);
    layout->addWidget(m_seeds);
    layout->addWidget(label(
        "secondary",
        tr("Whole numbers with commas. Every arm is trained with each of them; three are the least for an interval.")));
    layout->addSpacing(8);
    layout->addWidget(label("heading", tr("Training of every arm")));
    m_training = new OptionForm;
    m_training->setMaximumWidth(520);
    layout->addWidget(m_training);
    layout->addStretch();
    connect(m_seeds, &QLineEdit::editingFinished, this, [this] {
        std::vector<std::uint64_t> seeds;
        bool good = true;
        for (const QString& part : m_seeds->text().split(QLatin1Char(','), Qt::SkipEmptyParts)) {
            bool number = false;
            seeds.push_back(part.trimmed().toULongLong(&number));
            good = good && number;
        }
        if (!good) {
            m_seeds->setStyleSheet(QStringLiteral("color: %1").arg(colour(Role::error).name()));
            return;
        }
        if (seeds != m_workspace.design().seeds) edit(tr("seeds"), [&](Study& study) { study.seeds = seeds; });
    });
    connect(m_training, &OptionForm::valueChanged, this, [this](const QString& name, const Json& value) {
        edit(tr("change %1").arg(name), [&](Study& study) { setValue(study.training, name, value); });
    });
    connect(m_training, &OptionForm::levelsChanged, this, [this](const QString& name, const std::vector<Json>& levels) {
        edit(tr("vary %1").arg(name),
             [&](Study& study) { setLevels(study.factors, "training." + name.toStdString(), levels); });
    });
    return scrolling(page);
}

QWidget* DesignPage::buildPreflight() {
    auto* page = new QWidget;
    auto* layout = new QVBoxLayout(page);
    layout->setContentsMargins(16, 12, 16, 12);
    layout->addWidget(label("heading", tr("Pre-flight")));
    m_preflight = label("");
    layout->addWidget(m_preflight);
    auto* row = new QHBoxLayout;
    auto* where = new QLabel(tr("&Run in"));
    m_execution = new QComboBox;
    m_execution->addItem(tr("a worker thread of this window, one run at a time"));
    m_execution->addItem(tr("isolated processes, one run per core"));
    where->setBuddy(m_execution);
    row->addWidget(where);
    row->addWidget(m_execution);
    row->addStretch();
    layout->addLayout(row);
    m_problems = new QListWidget;
    m_problems->setAccessibleName(tr("What keeps the study from starting"));
    m_problems->setWordWrap(true);
    layout->addWidget(m_problems, 1);
    m_start = new QPushButton;
    m_start->setProperty("primary", true);
    m_start->setObjectName(QStringLiteral("start"));
    auto* buttons = new QHBoxLayout;
    buttons->addWidget(m_start);
    buttons->addStretch();
    layout->addLayout(buttons);
    connect(m_execution, &QComboBox::currentIndexChanged, this, [this](int index) {
        m_workspace.setExecution(index == 1 ? Workspace::Execution::processes : Workspace::Execution::workerThread);
    });
    connect(m_problems, &QListWidget::itemActivated, this,
            [this](QListWidgetItem* item) { m_sections->setCurrentRow(item->data(Qt::UserRole).toInt()); });
    connect(m_start, &QPushButton::clicked, this, &DesignPage::start);
    return page;
}

StudyMethod* DesignPage::selectedMethod(Study& study) const {
    const int row = m_methods->currentRow();
    return row >= 0 && row < static_cast<int>(study.methods.size()) ? &study.methods[static_cast<std::size_t>(row)]
                                                                    : nullptr;
}

void DesignPage::edit(const QString& what, const std::function<void(Study&)>& change) {
    Study study = m_workspace.design();
    change(study);
    m_workspace.changeDesign(what, study);
}

void DesignPage::reload() {
    m_loading = true;
    const Study& study = m_workspace.design();
    if (!m_name->hasFocus()) m_name->setText(qs(study.title));
    const auto choose = [](QListWidget* list, const std::string& name) {
        const auto items = list->findItems(qs(name), Qt::MatchExactly);
        if (items.isEmpty()) list->addItem(qs(name)); // a folder or a file of the user
        list->setCurrentItem(items.isEmpty() ? list->item(list->count() - 1) : items.front());
    };
    choose(m_backbones, study.backbone);
    choose(m_tasks, study.task);
    const int row = m_methods->currentRow();
    m_methods->clear();
    for (const StudyMethod& method : study.methods) {
        QString text = qs(method.method);
        for (const MethodInfo& info : method_catalog()) {
            if (info.id == method.method) text = qs(info.label);
        }
        for (const Factor& factor : method.vary)
            text += tr(" · %1 %2 levels").arg(qs(factor.address)).arg(factor.levels.size());
        m_methods->addItem(text);
    }
    m_methods->setCurrentRow(
        std::clamp(row, study.methods.empty() ? -1 : 0, static_cast<int>(study.methods.size()) - 1));
    if (!m_seeds->hasFocus()) {
        QStringList seeds;
        for (const std::uint64_t seed : study.seeds)
            seeds.append(QString::number(seed));
        m_seeds->setText(seeds.join(QStringLiteral(", ")));
        m_seeds->setStyleSheet(QString());
    }
    std::vector<Factor> training;
    for (const Factor& factor : study.factors) {
        if (factor.address.rfind("training.", 0) == 0) training.push_back({factor.address.substr(9), factor.levels});
    }
    // A form that is being typed into must not be rebuilt under the cursor; the edit that it made is shown already.
    m_training->setOptions(training_options(), study.training, training, true);
    m_loading = false;
    m_arms->setStudy(study);
    const std::vector<Problem> problems = problems_of(study);
    reloadMethodForm();
    reloadDrawing();
    reloadSections(problems);
    reloadPreflight(problems);
}

void DesignPage::reloadSections(const std::vector<Problem>& problems) {
    const Study& study = m_workspace.design();
    QString backbone = qs(study.backbone), task = qs(study.task);
    try {
        const BackboneConfig config = read_backbone_config(resolve_backbone(study.backbone));
        backbone += tr("\n%1, %2 layers, d %3").arg(qs(config.stack())).arg(config.layers).arg(config.width);
        m_backboneText->setText(tr("<b>%1</b><br>family %2, %3<br>%4 parameters<br>%5 layers of width %6, %7 heads of "
                                   "%8 (%9 for keys and values)<br>feed-forward %10%11<br>%12 pieces, %13 positions")
                                    .arg(qs(study.backbone), qs(config.family),
                                         config.pre_norm ? tr("pre-norm") : tr("post-norm"),
                                         qs(format_count(config.parameter_count())))
                                    .arg(config.layers)
                                    .arg(config.width)
                                    .arg(config.heads)
                                    .arg(config.head_width)
                                    .arg(config.kv_heads)
                                    .arg(config.ffn_width)
                                    .arg(config.gated_ffn ? tr(", gated") : QString(),
                                         qs(format_count(config.vocabulary)), qs(format_count(config.max_positions))));
    } catch (const Error& error) {
        m_backboneText->setText(qs(error.what()));
    }
    try {
        const Task loaded = load_task(study.task);
        task += loaded.kind == TaskKind::classification
                    ? tr("\n%1 labels, %2").arg(loaded.classes()).arg(qs(loaded.primary_metric))
                    : tr("\ngeneration, %1").arg(qs(loaded.primary_metric));
        QString splits, labels;
        for (const auto& [split, file] : loaded.data)
            splits += (splits.isEmpty() ? QString() : QStringLiteral(", ")) + qs(split);
        for (const TaskLabel& entry : loaded.labels)
            labels += (labels.isEmpty() ? QString() : QStringLiteral(", ")) + qs(entry.id);
        m_taskText->setText(tr("<b>%1</b><br>%2<br><br>splits: %3<br>%4source: %5<br>licence: %6")
                                .arg(qs(loaded.title), qs(loaded.description), splits,
                                     labels.isEmpty() ? QString() : tr("labels: %1<br>").arg(labels), qs(loaded.source),
                                     qs(loaded.licence)));
    } catch (const Error& error) {
        m_taskText->setText(qs(error.what()));
    }
    std::set<int> bad;
    for (const Problem& problem : problems)
        bad.insert(sectionOf(problem.field));
    const std::size_t arms = m_arms->arms().size();
    const QString texts[] = {tr("1  Backbone\n%1").arg(backbone), tr("2  Task\n%1").arg(task),
                             tr("3  Methods and factors\n%1 arms from %2 methods").arg(arms).arg(study.methods.size()),
                             tr("4  Seeds and training\n%1 seeds, %2 steps")
                                 .arg(study.seeds.size())
                                 .arg(qs(study.training.contains("steps") ? study.training.at("steps").dump() : "200")),
                             tr("5  Pre-flight\n%1")
                                 .arg(problems.empty()
                                          ? tr("%1 runs, nothing blocks").arg(arms * study.seeds.size())
                                          : tr("%n problem(s)", nullptr, static_cast<int>(problems.size())))};
    for (int i = 0; i < SectionCount; ++i) {
        m_sections->item(i)->setText(texts[i]);
        const bool good = i == PreflightSection ? problems.empty() : bad.count(i) == 0;
        m_sections->item(i)->setIcon(QIcon(iconPixmap(good ? QStringLiteral("check") : QStringLiteral("warn"), 16,
                                                      colour(good ? Role::good : Role::warning))));
    }
    m_armsTitle->setText(
        tr("Arms: %1 × %2 seeds = %3 runs").arg(arms).arg(study.seeds.size()).arg(arms * study.seeds.size()));
}

void DesignPage::reloadMethodForm() {
    Study study = m_workspace.design();
    const StudyMethod* entry = selectedMethod(study);
    const MethodInfo* info = nullptr;
    for (const MethodInfo& candidate : method_catalog()) {
        if (entry != nullptr && candidate.id == entry->method) info = &candidate;
    }
    if (info == nullptr) {
        m_formula->setText(tr("Add a method to see its options."));
        m_options->setOptions({}, Json::object(), {}, false);
        m_methodTraining->setOptions({}, Json::object(), {}, false);
        m_counts->clear();
        return;
    }
    m_formula->setText(
        QStringLiteral("<b>%1</b> %2<br><code>%3</code><br>%4")
            .arg(qs(info->label), qs(info->paper), qs(info->formula).toHtmlEscaped(), qs(info->summary)));
    m_options->setOptions(info->options, entry->options, entry->vary, true);
    Json training = entry->training;
    if (!training.contains("learning_rate")) training["learning_rate"] = info->default_learning_rate;
    m_methodTraining->setOptions(ownTraining(), training, {}, false);
    m_counts->clear();
    for (const Arm& arm : m_arms->arms()) {
        if (arm.spec.method != entry->method) continue;
        try {
            const ParameterCounts counts = counts_of(arm.spec);
            m_counts->setText(tr("%1: trained %2, stored for inference %3, storage %4 bit, head apart %5")
                                  .arg(qs(arm.label), qs(format_count(counts.trained)), qs(format_count(counts.stored)),
                                       qs(format_count(counts.stored_bits)), qs(format_count(counts.head))));
        } catch (const Error& error) {
            m_counts->setText(qs(error.what()));
        }
        break;
    }
}

void DesignPage::reloadDrawing() {
    const Study& study = m_workspace.design();
    std::optional<BackboneConfig> config;
    std::vector<DrawnMethod> methods;
    try {
        config = read_backbone_config(resolve_backbone(study.backbone));
        int row = 0;
        for (const StudyMethod& entry : study.methods) {
            const MethodInfo& info = method_info(entry.method);
            std::vector<Problem> ignored;
            DrawnMethod drawn{qs(info.label), info.colour_slot,
                              info.drawing(*config, OptionValues::from_json(info.options, entry.options, "", ignored)),
                              row++ == m_methods->currentRow()};
            for (const Arm& arm : m_arms->arms()) {
                if (arm.spec.method == entry.method) drawn.slot = arm.colour_slot;
            }
            methods.push_back(std::move(drawn));
        }
    } catch (const Error&) { // the section list and pre-flight say what is wrong
    }
    m_block->setBackbone(config);
    m_block->setMethods(std::move(methods));
}

void DesignPage::reloadPreflight(const std::vector<Problem>& problems) {
    const Study& study = m_workspace.design();
    const std::size_t runs = m_arms->arms().size() * study.seeds.size();
    QString text = tr("%1 arms × %2 seeds = <b>%3 runs</b>, stored in %4.")
                       .arg(m_arms->arms().size())
                       .arg(study.seeds.size())
                       .arg(runs)
                       .arg(m_workspace.hasDatabase() ? qs(m_workspace.databaseFile().string()).toHtmlEscaped()
                                                      : tr("no database"));
    if (problems.empty()) {
        const CostEstimate cost = study_cost(study, m_workspace.hasDatabase() ? &m_workspace.reader() : nullptr);
        const int cores = std::max(1, QThread::idealThreadCount());
        text += tr("<br>About <b>%1</b> in the window, %2 in %3 processes (%4).")
                    .arg(qs(format_duration(cost.seconds)),
                         qs(format_duration(cost.seconds / std::min<double>(cores, static_cast<double>(runs)))))
                    .arg(cores)
                    .arg(cost.measured ? tr("from the speed of stored runs") : tr("estimated; no run is stored yet"));
    }
    if (study.seeds.size() < 3) text += tr("<br>Fewer than three seeds: no interval will be drawn.");
    m_preflight->setText(text);
    m_problems->clear();
    for (const Problem& problem : problems) {
        auto* item = new QListWidgetItem(iconPixmap(QStringLiteral("warn"), 16, colour(Role::error)),
                                         qs(to_line(problem)) + tr("   (Enter: go there)"));
        item->setData(Qt::UserRole, sectionOf(problem.field));
        m_problems->addItem(item);
    }
    if (problems.empty())
        m_problems->addItem(new QListWidgetItem(iconPixmap(QStringLiteral("check"), 16, colour(Role::good)),
                                                tr("Nothing blocks the start.")));
    m_start->setText(m_workspace.running() ? tr("A study is running") : tr("Start %1 runs").arg(runs));
    m_start->setEnabled(problems.empty() && !m_workspace.running() && m_workspace.hasDatabase() &&
                        !m_workspace.readOnly());
}

void DesignPage::start() {
    if (m_workspace.startStudy()) Q_EMIT started();
}

} // namespace diapason::ui
