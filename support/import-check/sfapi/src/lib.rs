use sfapi::slurm::{Command, Script};
use sfapi::{Client, JobWatcher, Machine};

async fn reconstruct(file: &str) -> Result<(), Box<dyn std::error::Error>> {
    let (client, machine) = (Client::from_env()?, Machine::perlmutter());
    let script = Script::new("recon").qos("debug").account("als").constraint("cpu").nodes(1);
    let script = script.time(std::time::Duration::from_secs(600)).command(Command::new("srun").arg("recon").arg(file));
    let id = client.compute(&machine).submit(script.text()?).send().await?;
    let job = JobWatcher::new(&client, &machine).wait(&id).await?;
    println!("{job}");
    Ok(())
}
