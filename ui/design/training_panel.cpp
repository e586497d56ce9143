#include "ui/design/training_panel.h"

#include "core/base/error.h"
#include "core/base/training_options.h"
#include "experiments/study/seeds.h"
#include "ui/design/method_panel.h"
#include "ui/theme/labels.h"
#include "ui/theme/theme.h"
#include "ui/theme/views.h"

#include <QScrollArea>
#include <QVBoxLayout>

namespace diapason::ui {

TrainingPanel::TrainingPanel(Workspace& workspace, QWidget* parent)
    : QWidget(parent),
      m_workspace(workspace),
      m_seeds(new QLineEdit),
      m_wrong(label("error")),
      m_training(new OptionForm) {
    auto* content = new QWidget;
    auto* layout = new QVBoxLayout(content);
    layout->setContentsMargins(16, 12, 16, 12);
    layout->addWidget(label("heading", tr("Seeds")));
    m_seeds->setObjectName(QStringLiteral("seeds"));
    m_seeds->setAccessibleName(tr("Seeds"));
    m_seeds->setMaximumWidth(320);
    layout->addWidget(m_seeds);
    m_wrong->setObjectName(QStringLiteral("wrong_seeds"));
    layout->addWidget(m_wrong);
    layout->addWidget(label("secondary", tr("Whole numbers, separated by commas. Every arm is trained once per seed; "
                                            "a useful interval needs at least three.")));
    layout->addSpacing(8);
    layout->addWidget(label("heading", tr("Training, the same for every arm")));
    m_training->setMaximumWidth(560);
    layout->addWidget(m_training);
    layout->addStretch();
    auto* outer = new QVBoxLayout(this);
    outer->setContentsMargins(0, 0, 0, 0);
    outer->addWidget(scrolling(content));
    connect(m_seeds, &QLineEdit::editingFinished, this, &TrainingPanel::takeSeeds);
    connect(m_training, &OptionForm::valueChanged, this, [this](const QString& name, const Json& value) {
        m_workspace.edit(tr("change %1").arg(name), [&](Study& study) { study.training[name.toStdString()] = value; });
    });
    connect(m_training, &OptionForm::levelsChanged, this, [this](const QString& name, const std::vector<Json>& levels) {
        m_workspace.edit(levels.empty() ? tr("stop varying %1").arg(name) : tr("vary %1").arg(name),
                         [&](Study& study) { setLevels(study.factors, training_address(name.toStdString()), levels); });
    });
}

void TrainingPanel::takeSeeds() {
    if (!m_seeds->isModified()) return;
    std::vector<std::uint64_t> seeds;
    try {
        seeds = parse_seeds(m_seeds->text().toStdString(), {});
    } catch (const Error& error) {
        m_wrong->setText(tr("%1. The seeds are unchanged.").arg(qs(error.details().what)));
        m_wrong->show();
        return;
    }
    m_seeds->setModified(false);
    m_workspace.edit(tr("seeds"), [&](Study& study) { study.seeds = seeds; });
}

void TrainingPanel::reload() {
    const Study& study = m_workspace.design();
    if (!m_seeds->isModified()) { // what is being typed stays
        if (const QString text = qs(seeds_text(study.seeds)); text != m_seeds->text()) m_seeds->setText(text);
    }
    m_training->setOptions(training_options(), study.training, trainingFactors(study.factors), true);
}

void TrainingPanel::showProblems(const std::vector<Problem>& problems) {
    QString wrong;
    std::vector<Problem> ours;
    for (const Problem& problem : problems) {
        if (problem.field.name(0) == "training" ||
            (problem.field.name(0) == "factors" && is_training_address(problem.field.name(1))))
            ours.push_back(problem);
        if (problem.field.name(0) == "seeds")
            wrong = qs(problem.what + (problem.remedy.empty() ? "" : ". " + problem.remedy));
    }
    if (!m_seeds->isModified()) {
        m_wrong->setText(wrong);
        m_wrong->setVisible(!wrong.isEmpty());
    }
    m_training->setProblems(ours);
}

} // namespace diapason::ui
